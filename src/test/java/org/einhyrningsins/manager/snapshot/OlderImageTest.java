// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.CrashHistory;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.TrialSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/// Images that a running manager wrote before rollouts were proved, went back and could be held,
/// and before crashes and losses were counted: another manager goes on with each as it stood.
final class OlderImageTest {
    private static String text(String name) throws IOException {
        try (InputStream in = OlderImageTest.class.getResourceAsStream("older/" + name + ".json")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /// Also as it would be written now.
    private static ProgramSnapshot image(String name) throws Exception {
        ProgramSnapshot image = SnapshotDecoder.read(text(name), ProgramSnapshot.class);
        String again = new SnapshotEncoder().write(image);
        assertThat(SnapshotDecoder.read(again, ProgramSnapshot.class)).isEqualTo(image);
        return image;
    }

    private static Program program(String name) throws Exception {
        Program program = image(name).program();
        assertThat(program.fallback()).isNull();
        assertThat(program.setback()).isNull();
        assertThat(program.serving().spec().rollout().proof()).isEqualTo(TrialSpec.DEFAULT);
        assertThat(program.serving().spec().rollout().drain()).isEqualTo(DrainSpec.DEFAULT);
        for (Slot slot : program.slots()) {
            CrashHistory crashHistory = slot.past().crashes();
            assertThat(crashHistory.loop()).isFalse();
            assertThat(crashHistory.recent()).isEmpty();
            assertThat(slot.past().last()).isNull();
            assertThat(slot.past().losses().all()).isZero();
        }
        return program;
    }

    @Test
    void aRolloutGoesOnWhereItWas() throws Exception {
        Program program = program("rolling");
        Rollout rollout = Objects.requireNonNull(program.rollout());
        assertThat(rollout.target().generation()).isEqualTo(2);
        assertThat(rollout.held() || rollout.proved()).isFalse();
        Worker first = Objects.requireNonNull(program.slots().getFirst().successor());
        Moment settled = ((WorkerState.Settling) first.state()).until();
        List<ProgramEffect> effects =
                program.step(new ProgramEvent.DeadlinePassed(), settled).effects();
        assertThat(effects)
                .as("the first new worker has settled, so the first old one is told to go")
                .contains(new ProgramEffect.Send(new WorkerId(0, 1), Signal.TERM, false));
    }

    @Test
    void aRolloutComesToItsEnd() throws Exception {
        Program program = program("rolling");
        for (int i = 0; i < 100 && program.rollout() != null; i++) {
            Moment now = Objects.requireNonNull(program.earliestDeadline());
            var done = program.step(new ProgramEvent.DeadlinePassed(), now);
            program = done.program();
            for (ProgramEffect programEffect : done.effects()) {
                @Nullable ProgramEvent programEvent =
                        switch (programEffect) {
                            case ProgramEffect.Spawn spawn ->
                                    new ProgramEvent.Acked(spawn.worker());
                            case ProgramEffect.Send send ->
                                    new ProgramEvent.Exited(send.worker(), new WorkerExit(0, 0));
                            default -> null;
                        };
                program =
                        programEvent == null ? program : program.step(programEvent, now).program();
            }
        }
        assertThat(program.rollout()).isNull();
        assertThat(program.serving().generation()).isEqualTo(2);
        assertThat(program.setback()).isNull();
    }

    @Test
    void whoBacksOffIsTriedAgainWhenItWasDue() throws Exception {
        Program program = program("backing-off");
        Moment due = Objects.requireNonNull(program.slots().getFirst().refill());
        assertThat(program.earliestDeadline()).isEqualTo(due);
        assertThat(program.slots().getFirst().past().quickDeaths()).isEqualTo(8);
        Transition tried = program.step(new ProgramEvent.DeadlinePassed(), due);
        assertThat(tried.effects()).hasAtLeastOneElementOfType(ProgramEffect.Spawn.class);
        Worker again = Objects.requireNonNull(tried.program().slots().getFirst().current());
        ProgramEvent crash = new ProgramEvent.Exited(again.id(), new WorkerExit(7, 0));
        Slot.Past past = tried.program().step(crash, due).program().slots().getFirst().past();
        assertThat(past.quickDeaths()).isEqualTo(9);
        assertThat(past.crashes().count()).isEqualTo(1);
        assertThat(past.failingSince()).as("when the first of the nine was").isNull();
    }

    @Test
    void whatWasStoppedStaysStopped() throws Exception {
        Program program = program("stopped");
        assertThat(program.phase()).isInstanceOf(ProgramPhase.Stopped.class);
        assertThat(program.operatorOverride().stopped()).isTrue();
        assertThat(program.earliestDeadline()).isNull();
    }

    @Test
    void aJobThatIsDoneIsDone() throws Exception {
        Program program = program("job");
        assertThat(program.outcome()).isEqualTo(Program.Outcome.DONE);
        assertThat(program.slots().getFirst().finished()).isEqualTo("exit status 0");
        assertThat(program.step(new ProgramEvent.DeadlinePassed(), program.asOf()).effects())
                .isEmpty();
    }

    @Test
    void socketsOfWorkersAreTheirs() throws Exception {
        ProgramSnapshot own = image("per-worker");
        assertThat(own.program().serving().spec().sockets().getFirst().perWorker()).isTrue();
        assertThat(own.workers()).hasSize(2);
        assertThat(own.workers().getFirst().log().file()).isNull();
        ManagerSnapshot manager = SnapshotDecoder.read(text("manager"), ManagerSnapshot.class);
        assertThat(manager.sockets().stream().map(SocketSnapshot::own)).containsExactly(0, 1, 2, 0);
        assertThat(manager.sockets().get(1).spec())
                .isEqualTo(own.program().serving().spec().sockets().getFirst());
        assertThat(manager.pending().trial()).isNull();
        assertThat(manager.pending().reload()).isNull();
        String again = new SnapshotEncoder().write(manager);
        assertThat(SnapshotDecoder.read(again, ManagerSnapshot.class)).isEqualTo(manager);
    }
}
