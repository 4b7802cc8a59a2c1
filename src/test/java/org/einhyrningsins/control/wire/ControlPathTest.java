// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

class ControlPathTest {
    @TempDir Path directory;

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
    void theVariableWins() throws ControlException {
        assertThat(ControlPath.forClient(Map.of(ControlPath.VARIABLE, "/x/y")))
                .isEqualTo(Path.of("/x/y"));
    }

    @Test
    void theSocketOfAClassicLineIsAskedIfTheUsualOneIsNotThere() throws Exception {
        Path classic = socket("einhorn.sock");
        assertThat(found()).isEqualTo(classic);
        Path usual = socket("control.sock");
        assertThat(found()).isEqualTo(usual);
        Files.delete(usual);
        Files.delete(classic);
        assertThat(found()).isEqualTo(usual);
    }

    @Test
    void whatIsNoSocketIsNotAsked() throws Exception {
        Files.createFile(directory.resolve("einhorn.sock"));
        assertThat(found()).isEqualTo(directory.resolve("control.sock"));
        Files.delete(directory.resolve("einhorn.sock"));
        Files.createSymbolicLink(directory.resolve("einhorn.sock"), socket("elsewhere.sock"));
        assertThat(found()).isEqualTo(directory.resolve("control.sock"));
    }

    @Test
    void nobodysSocketIsAskedButOnesOwnAndRoots() throws Exception {
        socket("einhorn.sock");
        int stranger = own() == 0 ? 12_345 : own() + 1;
        Path usual = directory.resolve("control.sock");
        if (own() == 0) {
            assertThat(found(stranger)).isEqualTo(directory.resolve("einhorn.sock"));
            Files.setAttribute(directory.resolve("einhorn.sock"), "unix:uid", stranger + 1);
        }
        assertThat(found(stranger)).isEqualTo(usual);
        socket("control.sock");
        if (own() == 0) {
            Files.setAttribute(usual, "unix:uid", stranger + 1);
        }
        assertThatThrownBy(() -> found(stranger))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("belongs to somebody else");
    }

    @Test
    void aSocketThatOthersCanReplaceIsNotAsked() throws Exception {
        Path usual = socket("control.sock");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(this::found).isInstanceOf(ControlException.class);
        Files.setAttribute(directory, "unix:mode", 01777);
        assertThat(found()).isEqualTo(usual);
    }

    private Path found() throws Exception {
        return found(own());
    }

    private Path found(int uid) throws ControlException {
        return ControlPath.found(
                directory.resolve("control.sock"), directory.resolve("einhorn.sock"), uid);
    }

    private int own() throws IOException {
        return (Integer) Files.getAttribute(directory, "unix:uid");
    }

    private Path socket(String name) throws IOException {
        Path path = directory.resolve(name);
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
        }
        return path;
    }
}
