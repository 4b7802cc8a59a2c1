// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.ChildPrivileges;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.spec.Signal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.Objects;

/// A child waits at a gate, before it touches any file.
@Timeout(240)
class ChildGateIT {
    private final ChildGate childGate = ChildGate.closed();
    private final int nothing = Descriptors.openNull();
    private long descriptors;
    private PendingChild pendingChild;

    @BeforeEach
    void begin() throws Exception {
        Nursery child = Nursery.script("exit 3");
        child.confinement =
                new ChildConfinement(
                        ChildPrivileges.KEPT, ChildScheduling.INHERITED, -1, childGate);
        descriptors = Nursery.descriptors() - 3; // the gate and nothing
        pendingChild = child.spawner.begin(child.order(nothing, nothing), "", -1, 0);
        childGate.childStarted();
        assertThat(pendingChild.await(20_000_000)).as("it went through a shut gate").isFalse();
    }

    @AfterEach
    void leavesNothing() throws Exception {
        Descriptors.close(pendingChild.child().pidfd());
        Descriptors.close(nothing);
        assertThat(Nursery.descriptors()).isEqualTo(descriptors);
    }

    private int status() {
        return Children.await(pendingChild.child().pidfd()).code();
    }

    @Test
    void oneThatIsOpenedLetsItGoOn() {
        assertThat(childGate.open()).isTrue();
        assertThat(pendingChild.await(-1)).isTrue();
        assertThat(pendingChild.failure()).isNull();
        assertThat(status()).isEqualTo(3);
        assertThat(childGate.open()).as("nobody waits there any more").isFalse();
    }

    @Test
    void oneThatIsRefusedLetsItFailForThatReason() {
        childGate.refuse(new SpawnException("directories: mkdir /x", Errno.ENOTCONN.number(), ""));
        assertThat(pendingChild.await(-1)).isTrue();
        SpawnException failure = Objects.requireNonNull(pendingChild.failure());
        assertThat(failure).hasMessageStartingWith("directories: mkdir /x: ");
        assertThat(status()).isEqualTo(127);
    }

    @Test
    void whoWaitsThereCanBeKilled() {
        ProcessGroups.killGroup(pendingChild.child().pid(), Signal.KILL);
        assertThat(pendingChild.await(-1)).isTrue();
        assertThat(pendingChild.failure()).isNull();
        assertThat(Children.await(pendingChild.child().pidfd()).signal()).isEqualTo(9);
        assertThat(childGate.open()).isFalse();
    }

    /// As where the manager died: nobody holds our end any more.
    @Test
    void oneThatIsGoneLetsItFail() {
        childGate.close();
        assertThat(pendingChild.await(-1)).isTrue();
        assertThat(Objects.requireNonNull(pendingChild.failure()).step()).isEqualTo(ChildGate.STEP);
        assertThat(status()).isEqualTo(127);
    }
}
