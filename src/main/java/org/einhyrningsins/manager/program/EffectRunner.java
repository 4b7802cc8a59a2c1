// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.manager.output.LogWriterThreads;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;

/// Carries out the effects of one program's steps. Each has two parts: what it does to workers
/// ([#run]) and what it tells people ([#deliver]); either may be nothing.
final class EffectRunner {
    private final ProgramContext context;
    private final WorkerTable workerTable;
    private final WorkerStarter starter;
    private final WorkerProbes probes;
    private final DetachedProcesses detachedProcesses;
    private final LogWriterThreads logWriterThreads;

    EffectRunner(
            ProgramContext context,
            WorkerTable workerTable,
            WorkerStarter starter,
            WorkerProbes probes,
            DetachedProcesses detachedProcesses,
            LogWriterThreads logWriterThreads) {
        this.context = context;
        this.workerTable = workerTable;
        this.starter = starter;
        this.probes = probes;
        this.detachedProcesses = detachedProcesses;
        this.logWriterThreads = logWriterThreads;
    }

    void run(ProgramEffect programEffect) {
        switch (programEffect) {
            case ProgramEffect.Spawn e -> starter.spawn(e);
            case ProgramEffect.Send e -> send(e);
            case ProgramEffect.Deliver ignored -> {}
            case ProgramEffect.Probe e -> probes.begin(e);
            case ProgramEffect.EndProbe e -> probes.end(e.worker());
            case ProgramEffect.MeasureMemory e -> probes.measureMemory(e.worker());
            case ProgramEffect.RunTask ignored -> context.taskOrdered();
            case ProgramEffect.EndTask e -> context.taskDropped(e.stage());
            case ProgramEffect.Progress ignored -> {}
            case ProgramEffect.Answer ignored -> {}
            case ProgramEffect.Report ignored -> {}
        }
    }

    void deliver(ProgramEffect programEffect) {
        switch (programEffect) {
            case ProgramEffect.Spawn e ->
                    context.report(ProgramEffect.Severity.DEBUG, e.worker(), "spawned");
            case ProgramEffect.Send ignored -> {}
            case ProgramEffect.Deliver e -> {
                var delivery = SignalDelivery.of(e, context.program(), workerTable);
                context.answer(delivery.answer(e.ticket()), "");
            }
            case ProgramEffect.Probe ignored -> {}
            case ProgramEffect.EndProbe ignored -> {}
            case ProgramEffect.MeasureMemory ignored -> {}
            case ProgramEffect.RunTask ignored -> {}
            case ProgramEffect.EndTask ignored -> {}
            case ProgramEffect.Progress e -> context.progress(e.ticket(), e.message());
            case ProgramEffect.Answer e -> {
                context.answer(e, workerTable.lastWords(e.blame(), logWriterThreads));
            }
            case ProgramEffect.Report ignored -> {} // told as a fact
        }
    }

    private void send(ProgramEffect.Send order) {
        WorkerProcess process = workerTable.of(order.worker());
        if (process == null) {
            return;
        }
        boolean led =
                context.program().exitOfLeader(order.worker()) == null && process.pidfd() >= 0;
        try {
            if (order.signal() == Signal.KILL) { // while it is known what came from whom
                detachedProcesses.signal(process, led, order.signal());
            }
            send(process, order.signal(), order.group());
            boolean heard = order.signal() == Signal.KILL;
            if (!heard && (order.group() || ProcessStatus.isStopped(process.pid()))) {
                send(process, Signal.CONT, order.group());
            }
            if (order.signal() == Signal.KILL || (order.group() && !led)) { // and what was forked
                detachedProcesses.signal(process, led, order.signal());
            }
            workerTable.signaled(order.worker());
        } catch (PosixException e) { // it became another user, and we are not root
            String what = "cannot be sent SIG" + order.signal() + ": " + e.getMessage();
            context.report(ProgramEffect.Severity.ERROR, order.worker(), what);
        }
    }

    private static void send(WorkerProcess process, Signal signal, boolean group) {
        if (group) {
            ProcessGroups.killGroup(process.pidfd(), process.pid(), signal);
        } else {
            Processes.kill(process.pidfd(), signal);
        }
    }
}
