// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.WorkerExit;

/// Another program of one worker, for worlds of programs that are restarted with it: it is up at
/// once, whatever it is told.
final class RestartedOther {
    private Program program;
    private long ticket;

    RestartedOther(String name, Moment now) {
        program = Program.of(Definition.of("ack=manual").spec().named(name), now);
        ask(new ProgramCommand.Start(null), now);
    }

    Program program() {
        return program;
    }

    void restarts(Moment now) {
        ask(new ProgramCommand.Restart(null), now);
    }

    void rolls(Moment now) {
        ask(new ProgramCommand.Upgrade(null, null), now);
    }

    /// It dies, and has another worker at once.
    void crashes(Moment now) {
        Worker worker = program.slots().getFirst().current();
        if (worker != null) {
            happen(new ProgramEvent.Exited(worker.id(), new WorkerExit(0, 11)), now);
        }
    }

    private void ask(ProgramCommand command, Moment now) {
        happen(new ProgramEvent.Requested(++ticket, command), now);
    }

    private void happen(ProgramEvent event, Moment now) {
        Transition step = program.step(event, now);
        program = step.program();
        for (ProgramEffect effect : step.effects()) {
            switch (effect) {
                case ProgramEffect.Spawn e -> happen(new ProgramEvent.Acked(e.worker()), now);
                case ProgramEffect.Send e when program.has(e.worker()) ->
                        happen(new ProgramEvent.Exited(e.worker(), new WorkerExit(0, 0)), now);
                default -> {}
            }
        }
    }
}
