// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.WaitBudget;
import org.einhyrningsins.manager.spawn.DelayedSpawns;
import org.einhyrningsins.manager.spawn.SpawnRefusedException;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.time.Duration;

/// Starts workers of one program, and follows those that the kernel holds up before they execute
/// their program. A start that fails becomes an event.
final class WorkerStarter {
    private final ProgramContext context;
    private final WorkerSpawner workerSpawner;
    private final SpawnTemplates spawnTemplates;
    private final DelayedSpawns delayedSpawns;
    private final WorkerLifecycle lifecycle;
    private final WaitBudget waitBudget = new WaitBudget(50_000_000);
    private final DelayReports delayReports = new DelayReports();

    WorkerStarter(
            ProgramContext context,
            WorkerSpawner workerSpawner,
            SpawnTemplates spawnTemplates,
            DelayedSpawns delayedSpawns,
            WorkerLifecycle lifecycle) {
        this.context = context;
        this.workerSpawner = workerSpawner;
        this.spawnTemplates = spawnTemplates;
        this.delayedSpawns = delayedSpawns;
        this.lifecycle = lifecycle;
    }

    void spawn(ProgramEffect.Spawn order) {
        WorkerId id = order.worker();
        try {
            requireNoneDelayed();
            WorkerSpawner.SpawnedWorker born =
                    workerSpawner.spawn(id, spawnTemplates.of(order.version()));
            lifecycle.begin(born, order.version().spec());
        } catch (SpawnRefusedException e) {
            failed(id, String.valueOf(e.getMessage()));
            if (e.isReleaseMissing()) {
                context.missesRelease(order.version());
            }
        } catch (IOException e) {
            failed(id, "cannot make its worker sockets: " + RuntimeFiles.why(e));
        } catch (PosixException | UnknownAccountException e) {
            lifecycle.abandon(id);
            failed(id, String.valueOf(e.getMessage()));
        }
    }

    private void failed(WorkerId id, String why) {
        context.enqueue(new ProgramEvent.SpawnFailed(id, why));
    }

    /// Refuses a start while a worker that was told to go cannot, since it is held up on its way to
    /// its program: others would join it.
    private void requireNoneDelayed() throws SpawnRefusedException {
        if (!delayedSpawns.room(waitBudget.nanos(Clock.now()))) {
            waitBudget.missed(Clock.now());
            throw new SpawnRefusedException(
                    DelayedSpawns.MAX_COUNT
                            + " of its workers still wait in the kernel for whoever owns the file"
                            + " of their program, its interpreter or directory");
        }
        for (WorkerProcess process : delayedSpawns.processes()) {
            Worker worker = context.worker(process.id());
            if (worker == null || worker.state() instanceof WorkerState.Stopping) {
                throw new SpawnRefusedException(
                        "pid "
                                + process.pid()
                                + ", which was to be a worker of it, still waits in the kernel for"
                                + " whoever owns the file of its program, its interpreter or"
                                + " directory; none is started until it is gone");
            }
        }
    }

    /// Time to look at the workers that are held up; null if there are none.
    @Nullable Moment due() {
        return delayedSpawns.due();
    }

    /// Looks at the workers that are held up, if that is due.
    void checkDelayed(Moment now) {
        delayedSpawns.look(now, delayReports);
    }

    private final class DelayReports implements DelayedSpawns.DelayListener {
        @Override
        public void executed(WorkerId id) {
            context.take(new ProgramEvent.Executed(id));
        }

        @Override
        public void waits(WorkerId id, Duration time) {
            String what =
                    "does not execute its program yet, after "
                            + time.toSeconds()
                            + "s: the kernel waits for whoever owns the file, its interpreter or"
                            + " directory; it alone is held up";
            context.report(ProgramEffect.Severity.WARN, id, what);
        }
    }
}
