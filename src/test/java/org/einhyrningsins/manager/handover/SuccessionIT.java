// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.Loop;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.Test;

import java.util.List;

class SuccessionIT {
    private static final int EMFILE = 24;

    /// What it looks up about its workers for the last image may fail, as anything may.
    @Test
    void goesOnWhenItsLastImageCannotBeMade() {
        Log log = new Log(System.err::writeBytes, LogSpec.DEFAULT);
        try (Loop loop = new Loop(log)) {
            Succession succession =
                    new Succession(
                            loop,
                            List.of("/bin/false"),
                            List.of(),
                            () -> {
                                throw new PosixException("open /proc/1/stat", EMFILE);
                            });
            assertThat(succession.proceed()).contains("/proc/1/stat", "EMFILE");
        }
    }
}
