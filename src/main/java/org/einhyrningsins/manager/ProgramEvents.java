// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramFact;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramListener;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.manager.LogSpec;

import java.util.Map;

/// Hears what happens to programs, and passes it on to the parts it concerns: the state that is
/// recorded, the sockets, those who wait for an answer, the log.
final class ProgramEvents implements ProgramListener {
    private final ManagerParts parts;

    ProgramEvents(ManagerParts parts) {
        this.parts = parts;
    }

    @Override
    public void progress(long ticket, String message) {
        parts.commandDispatcher.programs().progress(ticket, message);
    }

    @Override
    public void answer(ProgramHost host, ProgramEffect.Answer answer, String lastWords) {
        if (parts.commandDispatcher.pending().isAwaited(answer.ticket())) {
            parts.recorder.changed(host); // in this very step, which is not over
            parts.recorder.write(); // what was told to be done stays done
        }
        parts.commandDispatcher.programs().answer(host, answer, lastWords);
    }

    @Override
    public void report(
            ProgramHost host, ProgramEffect.Severity severity, String subject, String message) {
        parts.files.facts().record(level(severity), host.name(), subject, message);
    }

    private static LogSpec.Level level(ProgramEffect.Severity severity) {
        return switch (severity) {
            case ERROR -> LogSpec.Level.ERROR;
            case WARN -> LogSpec.Level.WARN;
            case INFO -> LogSpec.Level.INFO;
            case DEBUG -> LogSpec.Level.DEBUG;
        };
    }

    @Override
    public void fact(ProgramHost host, ProgramFact fact) {
        ProgramEffect.Report report = fact.report();
        WorkerId worker = fact.worker();
        WorkerProcess process = worker == null ? null : host.workforce().of(worker);
        parts.files
                .facts()
                .record(
                        host.name(),
                        fact,
                        process == null ? 0 : process.pid(),
                        report == null ? null : level(report.severity()));
    }

    @Override
    public void missesRelease(ProgramHost host) {
        if (!parts.shutdown.stopping()) {
            parts.commandDispatcher.programs().leaveMissingRelease(host, parts.reloader.planner());
        }
    }

    @Override
    public void taskChanged(ProgramHost host) {
        parts.programs.tasks().changed(host);
    }

    @Override
    public void taskDropped(TaskStage stage) {
        parts.programs.tasks().drop(stage);
    }

    @Override
    public void listen() {
        ControlServer control = parts.files.control();
        if (control != null) {
            control.listen();
        }
    }

    @Override
    public void stepped(ProgramHost host) {
        parts.service.changed();
        parts.sockets.stepped();
        parts.recorder.changed(host);
        if (parts.programTable.dropIfGone(host)) {
            host.close();
            parts.recorder.programRemoved(host);
            parts.runtime.history().programRemoved(host.name());
            parts.sockets.requestClose();
            parts.runtime.managerLog().info(host.name(), "removed");
            parts.files.facts().note(host.name(), FactKind.REMOVED, "removed", Map.of());
        }
        parts.commandDispatcher.conditions().stepped();
        parts.shutdown.stepped();
    }

    @Override
    public void requestSocketClose() {
        parts.commands.requestSocketClose();
    }

    @Override
    public void spawning(ProgramHost host) {
        parts.recorder.writeBeforeBirths(host);
    }

    @Override
    public void finished() {
        parts.recorder.changedForGood();
    }

    @Override
    public void definitionChanged(ProgramHost host) {
        parts.recorder.changedForGood();
        parts.sockets.requestClose();
        parts.workers.output().reconfigure(host.program().serving().spec());
        parts.overrides.redefined();
        parts.programTable.definitionChanged(host);
    }

    @Override
    public void versionOrHealthChanged(ProgramHost host) {
        parts.runtime.history().programChanged(host.program());
        parts.overrides.redefined(); // a rollback may have ended
    }

    @Override
    public void internalError(ProgramHost host, RuntimeException thrown) {
        parts.runtime.managerLog().internalError(host.name(), thrown);
    }
}
