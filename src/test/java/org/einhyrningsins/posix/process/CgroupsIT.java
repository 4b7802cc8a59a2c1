// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.posix.spawn.Spawner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Skipped where we may make no control groups, unless EINHYRNINGSINS_CI is set and cgroup2 can be
/// written to.
@Timeout(240)
class CgroupsIT {
    private static final int PATIENCE_MILLIS = 10_000;
    private static final String NAME = "einhyrningsins-test-" + Processes.self();

    private Cgroups groups;

    @BeforeEach
    void open() {
        try {
            groups = Cgroups.open(NAME);
        } catch (PosixException e) {
            boolean denied = e.errno() == Errno.EACCES || e.errno() == Errno.EROFS;
            boolean absent = e.errno() == Errno.ENOENT || e.errno() == Errno.EPERM;
            if (System.getenv("EINHYRNINGSINS_CI") != null && !denied && !absent) {
                throw e;
            }
            abort("no control groups here: " + e.getMessage());
        }
    }

    @AfterEach
    void close() {
        if (groups != null) {
            for (String name : groups.names()) {
                groups.kill(name);
                groups.awaitEmpty(name, PATIENCE_MILLIS);
                groups.removeAll(name);
            }
            groups.close();
            assertThat(groups.path()).doesNotExist();
        }
    }

    private SpawnedChild spawn(Nursery child, String name) throws SpawnException {
        int nothing = Descriptors.openNull();
        int group = groups.make(name);
        try {
            return child.spawner.spawn(child.order(nothing, nothing), "", group);
        } finally {
            Descriptors.close(group);
            Descriptors.close(nothing);
        }
    }

    private static void bury(SpawnedChild child) {
        Children.await(child.pidfd());
        Descriptors.close(child.pidfd());
    }

    @Test
    void aChildIsBornIntoItsGroupAndItsChildrenToo() throws Exception {
        SpawnedChild child = spawn(Nursery.script("sleep 60 & wait"), "web:0:1");
        List<Integer> pids = groups.processes("web:0:1");
        while (pids.size() < 2) { // until it has forked
            pids = groups.processes("web:0:1");
        }
        assertThat(pids).contains(child.pid());
        String membership = Files.readString(Path.of("/proc/" + child.pid() + "/cgroup"));
        assertThat(membership.lines()).anyMatch(line -> line.endsWith(NAME + "/web:0:1"));
        assertThat(groups.remove("web:0:1")).as("removed with somebody in it").isFalse();
        assertThat(groups.kill("web:0:1")).isTrue();
        bury(child);
    }

    @Test
    void theNextChildIsBornIntoOursAgain() throws Exception {
        String ours = Files.readString(Path.of("/proc/self/cgroup"));
        bury(spawn(new Nursery(), "web:0:1"));
        Nursery next = Nursery.script("cat /proc/self/cgroup");
        assertThat(next.output()).isEqualTo(ours);
    }

    @Test
    void whatHidItsDescentIsEndedWithTheGroup() throws Exception {
        String hide = "setsid env -i sh -c 'sleep 60 & sleep 60'";
        SpawnedChild child = spawn(Nursery.script(hide + " </dev/null & wait"), "web:0:1");
        while (groups.processes("web:0:1").size() < 3) {
            Thread.onSpinWait();
        }
        groups.kill("web:0:1");
        bury(child);
        groups.awaitEmpty("web:0:1", PATIENCE_MILLIS);
        assertThat(groups.processes("web:0:1")).isEmpty();
        assertThat(groups.remove("web:0:1")).isTrue();
        assertThat(groups.names()).isEmpty();
    }

    @Test
    void groupsThatAChildMadeAreRemovedWithItsOwn() throws Exception {
        bury(spawn(new Nursery(), "web:0:1"));
        Path below = groups.path().resolve("web:0:1/one/two");
        Files.createDirectories(below);
        assertThat(groups.remove("web:0:1")).isFalse();
        assertThat(groups.removeAll("web:0:1")).isTrue();
        assertThat(below).doesNotExist();
    }

    @Test
    void aDirectoryOfADeadManagerIsFoundAgain() throws Exception {
        assertThat(groups.found()).isFalse();
        bury(spawn(new Nursery(), "web:0:1"));
        Cgroups next = Cgroups.open(NAME);
        assertThat(next.found()).isTrue();
        assertThat(next.names()).containsExactly("web:0:1");
        assertThat(next.remove("web:0:1")).isTrue();
        next.close();
    }

    @Test
    void withoutClone3ThereIsNoGroupAndThatIsSaid() {
        Nursery child = new Nursery();
        child.spawner = new Spawner();
        child.spawner.doWithoutClone3();
        assertThatThrownBy(() -> spawn(child, "web:0:1"))
                .isInstanceOfSatisfying(
                        SpawnException.class, e -> assertThat(e.refusesCgroup()).isTrue());
        assertThat(Nursery.isChildless()).isTrue();
    }

    @Test
    void anEmptyGroupThatWasRemovedMeanwhileIsSaidToo() throws Exception {
        Nursery child = new Nursery();
        int nothing = Descriptors.openNull();
        int group = groups.make("web:0:1");
        groups.remove("web:0:1");
        assertThatThrownBy(() -> child.spawner.spawn(child.order(nothing, nothing), "", group))
                .isInstanceOfSatisfying(
                        SpawnException.class, e -> assertThat(e.refusesCgroup()).isTrue());
        Descriptors.close(group);
        Descriptors.close(nothing);
        assertThat(child.exit().code()).isZero();
    }

    @Test
    void theDirectoryIsFoundWhereverTheHierarchyIsMounted() {
        String plain = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate";
        String part = "31 23 0:28 /docker/1 /sys/fs/cgroup rw shared:1 - cgroup2 cgroup2 rw";
        assertThat(CgroupLocation.below(plain, "/")).isEqualTo(Path.of("/sys/fs/cgroup"));
        assertThat(CgroupLocation.below(plain, "/a/b")).isEqualTo(Path.of("/sys/fs/cgroup/a/b"));
        assertThat(CgroupLocation.below(part, "/docker/1")).isEqualTo(Path.of("/sys/fs/cgroup"));
        assertThat(CgroupLocation.below(part, "/docker/1/a"))
                .isEqualTo(Path.of("/sys/fs/cgroup/a"));
        assertThat(CgroupLocation.below(part, "/docker/12")).as("another's").isNull();
        assertThat(CgroupLocation.below(part, "/../other")).as("outside our namespace").isNull();
        assertThat(
                        CgroupLocation.below(
                                "32 31 0:29 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu", "/"))
                .as("version 1")
                .isNull();
    }
}
