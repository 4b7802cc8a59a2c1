// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.Scarcity;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.util.function.Supplier;

@Timeout(240)
class OutputPipesIT {
    private static final int PLENTY = 8;

    @Test
    void aPipeThatCannotBeHadLeavesNothingOpenHoweverFewDescriptorsAreLeft() throws IOException {
        leavesNothing(() -> ends(OutputPipes.smallOutlet(null)));
        leavesNothing(() -> ends(OutputPipes.outlet(null)));
        leavesNothing(OutputPipes::teePipe);
    }

    private static int[] ends(OutputPipes.Outlet outlet) {
        return new int[] {outlet.reader(), outlet.worker()};
    }

    private static void leavesNothing(Supplier<int[]> pipe) throws IOException {
        close(pipe.get());
        long before = Scarcity.open("pipe:");
        int refused = 0;
        for (int free = PLENTY; free >= 0; free--) {
            refused += had(pipe, free) ? 0 : 1;
            assertThat(Scarcity.open("pipe:")).as("with %d free", free).isEqualTo(before);
        }
        assertThat(refused).isBetween(2, PLENTY);
    }

    private static boolean had(Supplier<int[]> pipe, int free) {
        Scarcity scarcity = new Scarcity(free);
        try {
            close(pipe.get());
            return true;
        } catch (PosixException e) {
            assertThat(e.errno()).isEqualTo(Errno.EMFILE);
            return false;
        } finally {
            scarcity.end();
        }
    }

    private static void close(int[] ends) {
        Descriptors.close(ends[0]);
        Descriptors.close(ends[1]);
    }
}
