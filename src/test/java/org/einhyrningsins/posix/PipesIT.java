// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.spec.IdentitySpec.Limit;
import org.einhyrningsins.spec.IdentitySpec.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;

@Timeout(30)
class PipesIT {
    private static final int FEW = 400;

    private final Limit usual = Limits.openFiles();
    private final List<Integer> taken = new ArrayList<>();

    @AfterEach
    void close() {
        limit(usual.soft());
        taken.forEach(Descriptors::close);
    }

    private void limit(long soft) {
        Scratch scratch = Scratch.here();
        scratch.bytes.putLong(0, soft).putLong(8, usual.hard());
        int what = Resource.NOFILE.number();
        Kernel.check("prlimit", Kernel.call(Syscall.PRLIMIT64, 0, what, scratch.structures, 0));
    }

    /// Takes all high numbers but so many.
    private void leave(int free) {
        int nothing = Descriptors.openNull();
        taken.add(nothing);
        limit(FEW);
        for (int fd = copy(nothing); fd >= 0; fd = copy(nothing)) {
            taken.add(fd);
        }
        for (int i = 0; i < free; i++) {
            Descriptors.close(taken.removeLast());
        }
    }

    private static int copy(int fd) {
        return Descriptors.raisedCopy(fd);
    }

    @Test
    void keepsNeitherEndWhenThereIsNoRoomForBoth() throws Exception {
        Pipes.Outlet first = Pipes.narrow(null); // what is opened once is open
        Descriptors.close(first.reader());
        Descriptors.close(first.worker());
        for (int free = 0; free < 2; free++) {
            leave(free);
            long before = Nursery.descriptors();
            assertThatThrownBy(() -> Pipes.narrow(null)).hasMessageContaining("EMFILE");
            assertThat(Nursery.descriptors()).isEqualTo(before);
            close();
            taken.clear();
        }
    }
}
