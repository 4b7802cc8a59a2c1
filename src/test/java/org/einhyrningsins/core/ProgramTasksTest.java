// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutTasksSpec.Stage;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;

/// The program that a task is run as: what its owner's rollouts order and revoke.
class ProgramTasksTest {
    private static final ProgramSpec OWNER = Definition.of("before=./migrate").spec();

    private Program task = Program.of(stage(1).program(), new Moment(0));
    private long now;

    private static TaskStage stage(int generation) {
        return new TaskStage(Stage.BEFORE, new ProgramVersion(generation, OWNER), 0, true);
    }

    /// Steps, a second later, and returns the number of effects of that kind.
    private long step(ProgramEvent event, Class<? extends ProgramEffect> kind) {
        now += 1_000_000_000L;
        Transition step = task.step(event, new Moment(now));
        task = step.program();
        return step.effects().stream().filter(kind::isInstance).count();
    }

    private long order(int generation) {
        return step(new ProgramEvent.TaskOrdered(stage(generation)), ProgramEffect.Spawn.class);
    }

    private long revoke(int generation) {
        return step(new ProgramEvent.TaskRevoked(stage(generation)), ProgramEffect.Send.class);
    }

    private void exits(WorkerId worker) {
        WorkerExit well = new WorkerExit(0, 0, false, 0, false, false);
        step(new ProgramEvent.Exited(worker, well), ProgramEffect.class);
    }

    @Test
    void runsOnceForAGenerationHoweverOftenItIsOrdered() {
        assertThat(order(2)).isEqualTo(1);
        assertThat(order(2)).as("while it runs").isZero();
        exits(new WorkerId(0, 1));
        assertThat(task.hasNoProcess()).isTrue();
        assertThat(order(2)).as("after its end").isZero();
        assertThat(order(3)).as("for the next rollout").isEqualTo(1);
    }

    @Test
    void endsOnlyWithTheRolloutThatItRunsFor() {
        assertThat(order(3)).isEqualTo(1);
        assertThat(revoke(2)).as("of a rollout before").isZero();
        assertThat(task.hasNoProcess()).isFalse();
        assertThat(revoke(3)).isEqualTo(1);
    }
}
