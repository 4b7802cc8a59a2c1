// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

class JobRecordsTest {
    /// A manager that is killed leaves the files of workers whose end it had not seen: the next one
    /// removes those that it does not need.
    @Test
    void keepsTheFilesOfTheLivingOnly(@TempDir Path directory) throws IOException {
        StateDirectory state = new StateDirectory(directory.resolve("state"));
        JobRecords records = new JobRecords(state);
        for (int incarnation = 1; incarnation <= 3; incarnation++) {
            Descriptors.close(records.open("job", new WorkerId(0, incarnation)));
        }
        state.write("other", new byte[] {1}, false);
        records.keepOnly(Set.of("job:0:2"));
        assertThat(state.names("run-")).containsExactly("run-job:0:2");
        assertThat(state.names("other")).containsExactly("other");
        records.remove("job", new WorkerId(0, 2));
        assertThat(state.names("run-")).isEmpty();
    }
}
