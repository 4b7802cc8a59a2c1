// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.Privileges;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.Objects;

/// A child waits at a gate, before it touches any file.
@Timeout(60)
class GateIT {
    private final Gate gate = Gate.shut();
    private final int nothing = Descriptors.openNull();
    private long descriptors;
    private Birth birth;

    @BeforeEach
    void begin() throws Exception {
        Nursery child = Nursery.script("exit 3");
        child.confinement = new Confinement(Privileges.KEPT, Scheduling.INHERITED, -1, gate);
        descriptors = Nursery.descriptors() - 3; // the gate and nothing
        birth = child.spawner.begin(child.order(nothing, nothing), "", -1, 0);
        gate.born();
        assertThat(birth.await(20_000_000)).as("it went through a shut gate").isFalse();
    }

    @AfterEach
    void leavesNothing() throws Exception {
        Descriptors.close(birth.child().pidfd());
        Descriptors.close(nothing);
        assertThat(Nursery.descriptors()).isEqualTo(descriptors);
    }

    private int status() {
        return Processes.await(birth.child().pidfd()).code();
    }

    @Test
    void oneThatIsOpenedLetsItGoOn() {
        assertThat(gate.open()).isTrue();
        assertThat(birth.await(-1)).isTrue();
        assertThat(birth.failure()).isNull();
        assertThat(status()).isEqualTo(3);
        assertThat(gate.open()).as("nobody waits there any more").isFalse();
    }

    @Test
    void oneThatIsRefusedLetsItFailForThatReason() {
        gate.refuse(new SpawnException("directories: mkdir /x", Errno.ENOTCONN.number(), ""));
        assertThat(birth.await(-1)).isTrue();
        SpawnException failure = Objects.requireNonNull(birth.failure());
        assertThat(failure).hasMessageStartingWith("directories: mkdir /x: ");
        assertThat(status()).isEqualTo(127);
    }

    @Test
    void whoWaitsThereCanBeKilled() {
        Processes.killGroup(birth.child().pid(), Signal.KILL);
        assertThat(birth.await(-1)).isTrue();
        assertThat(birth.failure()).isNull();
        assertThat(Processes.await(birth.child().pidfd()).signal()).isEqualTo(9);
        assertThat(gate.open()).isFalse();
    }

    /// As where the manager died: nobody holds our end any more.
    @Test
    void oneThatIsGoneLetsItFail() {
        gate.close();
        assertThat(birth.await(-1)).isTrue();
        assertThat(Objects.requireNonNull(birth.failure()).step()).isEqualTo(Gate.STEP);
        assertThat(status()).isEqualTo(127);
    }
}
