// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Cgroups;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.file.Files;

/// Skipped where we may make no control groups. What limits do is tested in a machine that has
/// controllers: tests/vm/run.
@Timeout(240)
class ProgramCgroupsIT {
    private static final CgroupSpec LIMITS = new CgroupSpec(1L << 30, null, null, 9, null);

    private Cgroups groups;
    private ProgramCgroups programs;

    @BeforeEach
    void open() {
        try {
            groups = Cgroups.open("einhyrningsins-test-programs-" + Processes.self());
        } catch (PosixException e) {
            abort("no control groups here: " + e.getMessage());
        }
        programs = new ProgramCgroups(groups);
    }

    @AfterEach
    void close() {
        if (groups != null) {
            groups.names().forEach(groups::removeAll);
            groups.close();
        }
    }

    private void make(String mark) {
        Descriptors.close(programs.make(mark));
    }

    @Test
    void theGroupOfAWorkerIsInThatOfItsProgram() {
        make("web:0:1");
        make("web:1:2");
        make("cgroup.procs:0:1"); // a program may be called like a file of the kernel's
        assertThat(groups.names()).containsOnly("program-web", "program-cgroup.procs");
        assertThat(groups.names("program-web")).containsOnly("web:0:1", "web:1:2");
    }

    @Test
    void theGroupOfAProgramThatIsNoMoreGoesWhenNobodyIsInIt() {
        make("web:0:1");
        programs.forget("web");
        assertThat(groups.names()).containsExactly("program-web");
        groups.remove(ProgramCgroups.place("web:0:1"));
        programs.removeRetired();
        assertThat(groups.names()).isEmpty();
        make("web:0:2"); // it is back
        programs.removeRetired();
        assertThat(groups.names("program-web")).containsExactly("web:0:2");
    }

    @Test
    void aGroupThatSomebodyRemovedIsMadeAgain() {
        make("web:0:1");
        groups.removeAll("program-web");
        make("web:0:2");
        assertThat(groups.names("program-web")).containsExactly("web:0:2");
    }

    @Test
    void theNextManagerFindsTheGroupAndRemovesOneThatIsEmpty() {
        make("web:0:1");
        make("idle:0:1");
        groups.remove(ProgramCgroups.place("idle:0:1"));
        ProgramCgroups next = new ProgramCgroups(groups);
        groups.names().forEach(next::found);
        assertThat(groups.names()).containsExactly("program-web");
        next.want("web", null);
        assertThat(next.applyLimits("web")).isTrue();
        next.forget("web");
        groups.remove(ProgramCgroups.place("web:0:1"));
        next.removeRetired();
        assertThat(groups.names()).isEmpty();
    }

    @Test
    void whatCannotBeHeldIsSaidEachTimeAndNoLimitNeedsNothing() {
        assumeFalse(
                Files.exists(groups.path().resolve("memory.max"))
                        || (Files.exists(groups.path().resolve("cgroup.type"))
                                && groups.has(".", "pids.max")),
                "there are controllers");
        make("web:0:1");
        assertThat(programs.applyLimits("web")).isTrue();
        programs.want("web", LIMITS);
        assertThat(programs.limited("web")).isTrue();
        assertThat(programs.sharesMemory("web")).isTrue();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> programs.applyLimits("web"))
                    .isInstanceOf(PosixException.class);
        }
        programs.want("web", null);
        assertThat(programs.applyLimits("web")).isTrue();
        assertThat(programs.ranOutOfMemory("web")).isFalse();
    }
}
