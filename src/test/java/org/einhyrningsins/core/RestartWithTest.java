// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.plan.DependencyGraph;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Set;

/// When a program is restarted with another, and when it is not.
final class RestartWithTest {
    private Moment now = new Moment(0);
    private final RestartedOther cache = new RestartedOther("cache", now);
    private Program web = Program.of(Definition.of("after=cache+ ack=manual").spec(), now);

    @Test
    void aRestartOnDemandIsFollowedOnce() {
        runs();
        assertThat(isDue()).isFalse();
        cache.restarts(later());
        assertThat(isDue()).isTrue();
        assertThat(follows()).isEqualTo(1);
        assertThat(web.rollout()).isNotNull();
        assertThat(isDue()).as("its rollout is under way").isFalse();
        acks();
        assertThat(web.serving().generation()).isEqualTo(2);
        assertThat(web.serving().origin().made()).isEqualTo(VersionOrigin.Made.DEPENDENCY);
        assertThat(isDue()).isFalse();
    }

    @Test
    void aRolloutOfTheOtherIsFollowed() {
        runs();
        cache.rolls(later());
        assertThat(isDue()).isTrue();
    }

    @Test
    void aCrashOfTheOtherIsNot() {
        runs();
        later();
        cache.crashes(later());
        assertThat(isDue()).isFalse();
    }

    @Test
    void whoIsYoungerThanTheRestartIsNot() {
        cache.restarts(later());
        later();
        runs();
        assertThat(isDue()).isFalse();
    }

    @Test
    void whoIsStoppedIsNot() {
        runs();
        cache.restarts(later());
        step(new ProgramEvent.Requested(7, new ProgramCommand.Stop(null, null)));
        assertThat(isDue()).isFalse();
    }

    @Test
    void aRolloutThatFailsIsNotTriedAgain() {
        web = Program.of(Definition.of("after=cache+ ack=manual retries=1").spec(), now);
        runs();
        cache.restarts(later());
        assertThat(follows()).isEqualTo(1);
        Worker fresh = web.slots().getFirst().successor();
        assertThat(fresh).isNotNull();
        if (fresh != null) {
            step(new ProgramEvent.Exited(fresh.id(), new WorkerExit(1, 0)));
        }
        assertThat(web.rollout()).isNull();
        assertThat(web.verdict()).contains("old");
        assertThat(isDue()).as("the old workers are kept").isFalse();
    }

    @Test
    void aRestartThatIsAskedOfBothIsOne() {
        runs();
        cache.restarts(later());
        step(new ProgramEvent.Requested(7, new ProgramCommand.Restart(null)));
        assertThat(isDue()).isFalse();
    }

    private void runs() {
        step(new ProgramEvent.Requested(1, new ProgramCommand.Start(null)));
        step(new ProgramEvent.Admitted(Set.of()));
        acks();
    }

    private void acks() {
        for (int i = 0; i < 4; i++) {
            for (Slot slot : web.slots()) {
                for (Worker worker : slot.workers()) {
                    if (worker.state() instanceof WorkerState.Starting) {
                        step(new ProgramEvent.Acked(worker.id()));
                    }
                }
            }
        }
    }

    private boolean isDue() {
        return DependencyGraph.isDue(web, cache.program());
    }

    /// Returns the number of workers that are started.
    private long follows() {
        Moment at = cache.program().versions().renewal().at();
        assertThat(at).isNotNull();
        if (at == null) {
            return 0;
        }
        VersionOrigin origin = VersionOrigin.of(VersionOrigin.Made.DEPENDENCY, "cache", 0);
        return step(new ProgramEvent.DependencyRestarted("cache", at, origin));
    }

    private long step(ProgramEvent event) {
        Transition step = web.step(event, later());
        web = step.program();
        return step.effects().stream().filter(ProgramEffect.Spawn.class::isInstance).count();
    }

    private Moment later() {
        now = now.plus(Duration.ofSeconds(1));
        return now;
    }
}
