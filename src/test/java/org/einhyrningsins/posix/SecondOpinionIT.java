// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;

import jnr.posix.Group;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.posix.Passwd;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessTree;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.spec.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.file.Files;
import java.nio.file.Path;

/// What we say of the system, against what jnr-posix says of it.
@Timeout(240)
class SecondOpinionIT {
    private static final POSIX JNR = POSIXFactory.getNativePOSIX();

    @Test
    void everyUserOfThisSystemHasTheNumbersItHasThere() {
        int known = 0;
        for (Passwd user = JNR.getpwent(); user != null; user = JNR.getpwent()) {
            String name = user.getLoginName();
            assertThat(Accounts.uid(name)).as(name).hasValue((int) user.getUID());
            assertThat(Accounts.credentials(name, null).gid()).isEqualTo((int) user.getGID());
            known++;
        }
        JNR.endpwent();
        assertThat(known).isPositive();
        assertThat(JNR.getpwnam("no-such-user")).isNull();
        assertThat(Accounts.uid("no-such-user")).isEmpty();
    }

    @Test
    void groupsHaveTheNumbersTheyHaveThere() {
        for (String name : new String[] {"root", "daemon", "tty", "nogroup"}) {
            Group group = JNR.getgrnam(name);
            assertThat(Accounts.gid(name).isPresent()).as(name).isEqualTo(group != null);
            if (group != null) {
                assertThat(Accounts.gid(name)).hasValue((int) group.getGID());
            }
        }
    }

    @Test
    void weAreWhoItSaysWeAre() {
        assertThat(Processes.self()).isEqualTo(JNR.getpid());
        assertThat(Processes.user()).isEqualTo(JNR.geteuid());
        assertThat(ProcessTree.parent(JNR.getpid())).isEqualTo(JNR.getppid());
        assertThat(ProcessTree.parent(Integer.MAX_VALUE)).isNotPositive();
    }

    @Test
    void aChildOfOursIsASessionAndAGroupOfItsOwnAndDiesOfItsSignals() throws Exception {
        int nothing = Descriptors.openNull();
        SpawnedChild child =
                Nursery.SPAWNER.spawn(Nursery.script("kill -STOP $$").order(nothing, nothing));
        assertThat(JNR.getpgid(child.pid())).isEqualTo(child.pid());
        String stat = Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
        assertThat(stat.split(" ", -1)[5]).as("session").isEqualTo(Integer.toString(child.pid()));
        assertThat(ProcessTree.parent(child.pid())).isEqualTo(JNR.getpid());
        assertThat(JNR.kill(child.pid(), 0)).as("it is there").isZero();
        assertThat(JNR.kill(child.pid(), Signal.KILL.number())).isZero();
        assertThat(Children.await(child.pidfd())).isEqualTo(new ProcessExit(0, 9, false));
        assertThat(JNR.kill(child.pid(), 0)).as("it is gone").isEqualTo(-1);
        Descriptors.close(child.pidfd());
        Descriptors.close(nothing);
    }

    @Test
    void aChildHasItsOwnUmaskAndOursIsAsItWas() throws Exception {
        int ours = JNR.umask(0022);
        try {
            Nursery child = Nursery.script("umask");
            child.umask = 0137;
            assertThat(child.output().strip()).isEqualTo("0137");
            assertThat(Nursery.script("umask").output().strip()).isEqualTo("0022");
        } finally {
            assertThat(JNR.umask(ours)).isEqualTo(0022);
        }
    }

    @Test
    void aChildRunsAtTheNicenessAskedForAndWeDoNot() throws Exception {
        int before = JNR.getpriority(0, 0);
        Nursery child = Nursery.script("nice");
        child.nice = 7;
        assertThat(child.output().strip()).isEqualTo("7");
        assertThat(JNR.getpriority(0, 0)).isEqualTo(before);
    }
}
