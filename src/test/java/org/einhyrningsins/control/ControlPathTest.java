// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.Map;

class ControlPathTest {
    private static final Map<String, String> SESSION = Map.of("XDG_RUNTIME_DIR", "/run/user/7");

    @Test
    void rootsManagerAndRootsShellMeetWhateverTheirEnvironments() {
        Path path = Path.of("/run/einhyrningsins/control.sock");
        assertThat(ControlPath.standard(Map.of(), 0)).isEqualTo(path);
        assertThat(ControlPath.standard(SESSION, 0)).isEqualTo(path);
    }

    @Test
    void aUsersIsInTheRuntimeDirectoryIfThereIsOne() {
        assertThat(ControlPath.standard(SESSION, 7))
                .isEqualTo(Path.of("/run/user/7/einhyrningsins/control.sock"));
        assertThat(ControlPath.standard(Map.of(), 7))
                .isEqualTo(Path.of("/tmp/einhyrningsins-7/control.sock"));
        assertThat(ControlPath.standard(Map.of("XDG_RUNTIME_DIR", "relative"), 7))
                .isEqualTo(Path.of("/tmp/einhyrningsins-7/control.sock"));
    }

    @Test
    void theVariableWins() {
        assertThat(ControlPath.forClient(Map.of(ControlPath.VARIABLE, "/x/y")))
                .isEqualTo(Path.of("/x/y"));
    }
}
