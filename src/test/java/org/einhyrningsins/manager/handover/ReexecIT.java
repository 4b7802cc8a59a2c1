// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.Test;

import java.util.List;

class ReexecIT {
    private static final int EMFILE = 24;

    /// What it looks up about its workers for the last image may fail, as anything may.
    @Test
    void goesOnWhenItsLastImageCannotBeMade() {
        ManagerLog managerLog = new ManagerLog(System.err::writeBytes, LogSpec.DEFAULT);
        try (EventLoop eventLoop = new EventLoop(managerLog)) {
            Reexec reexec =
                    new Reexec(
                            eventLoop,
                            List.of("/bin/false"),
                            List.of(),
                            () -> {
                                throw new PosixException("open /proc/1/stat", EMFILE);
                            });
            assertThat(reexec.proceed()).contains("/proc/1/stat", "EMFILE");
        }
    }
}
