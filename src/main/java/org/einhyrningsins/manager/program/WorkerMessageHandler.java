// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.channel.NotifyMessage;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LogRateLimit;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.WorkerId;

import java.time.Duration;

/// What the workers of one program say at their sockets, and whether it is believed.
final class WorkerMessageHandler implements WorkerSockets.Listener {
    private final ProgramHost host;
    private final WorkerTable workerTable;
    private final LogRateLimit logRateLimit = new LogRateLimit();

    WorkerMessageHandler(ProgramHost host, WorkerTable workerTable) {
        this.host = host;
        this.workerTable = workerTable;
    }

    @Override
    public boolean acked(int pid, PeerCredentials sender) {
        WorkerProcess process = workerTable.believed(pid, sender);
        if (process == null) {
            refused(sender, "acknowledge", pid);
            return false;
        }
        acked(process.id());
        return true;
    }

    @Override
    public boolean pinged(WorkerMessage.Ping ping, PeerCredentials sender) {
        WorkerProcess process = workerTable.believed(ping.pid(), sender);
        if (process == null) {
            refused(sender, "ping", ping.pid());
            return false;
        }
        workerTable.pinged(process.id(), ping.work());
        alive(process.id());
        return true;
    }

    private void refused(PeerCredentials sender, String deed, int pid) {
        refused(
                "pid "
                        + sender.pid()
                        + " (uid "
                        + sender.uid()
                        + ") may not "
                        + deed
                        + " for pid "
                        + pid
                        + (workerTable.owns(pid) && WorkerTable.ended(sender)
                                ? ": it ended before it was known whose it was, and it was of"
                                        + " another user than that worker: let it send an id, and"
                                        + " wait for the answer"
                                : ": it is no worker of '"
                                        + host.name()
                                        + "', or the sender is neither that worker nor a"
                                        + " descendant of it"));
    }

    /// Who has no watchdog may ping as it likes.
    private void alive(WorkerId id) {
        if (watchdog(id)) {
            host.take(new ProgramEvent.Pinged(id));
        }
    }

    private boolean watchdog(WorkerId id) {
        Worker worker = host.worker(id);
        return worker != null && worker.version().spec().care().watchdog() != null;
    }

    @Override
    public void notified(PeerCredentials sender, String text) {
        if (text.strip().equals(NotifyMessage.BARRIER)) {
            return; // its sender waits until we have heard what it said before, and we have
        }
        WorkerProcess process = workerTable.ancestor(sender.pid());
        if (process == null) {
            process = workerTable.onlyOne(sender);
        }
        if (process == null) {
            String who = "pid " + sender.pid() + " (uid " + sender.uid() + ") ";
            refused(
                    Processes.exists(sender.pid())
                            ? who + "is no worker of '" + host.name() + "' and may not notify"
                            : who
                                    + "notified and ended before it was known whose it was: let it"
                                    + " wait for the answer to BARRIER=1, as systemd-notify does"
                                    + " without --no-block");
            return;
        }
        for (NotifyMessage notifyMessage : NotifyMessage.read(text)) {
            notified(process.id(), notifyMessage);
        }
    }

    /// In another mode, what counts is not what the worker says here.
    private void acked(WorkerId id) {
        Worker worker = host.worker(id);
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Manual) {
            host.take(new ProgramEvent.Acked(id));
        } else {
            String what = "acknowledged, but its ack mode is not manual; ignored";
            host.report(ProgramEffect.Severity.DEBUG, id, what);
        }
    }

    private void notified(WorkerId id, NotifyMessage notifyMessage) {
        switch (notifyMessage) {
            case NotifyMessage.Ready() -> ready(id);
            case NotifyMessage.Alive() -> alive(id);
            case NotifyMessage.Despaired() -> host.take(new ProgramEvent.Despaired(id));
            case NotifyMessage.Retimed(Duration interval) -> {
                if (watchdog(id)) {
                    host.take(new ProgramEvent.Retimed(id, interval));
                }
            }
            case NotifyMessage.Extended(Duration time) ->
                    host.take(new ProgramEvent.Extended(id, time));
            case NotifyMessage.Status(String words) -> workerTable.says(id, words);
            case NotifyMessage.Nonsense(String why) -> refused(why);
        }
    }

    private void ready(WorkerId id) {
        Worker worker = host.worker(id);
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Notify) {
            host.take(new ProgramEvent.Acked(id));
        }
    }

    @Override
    public void refused(String why) {
        if (logRateLimit.mayBeTold(Clock.now())) {
            String more = logRateLimit.untold();
            host.report(
                    ProgramEffect.Severity.WARN,
                    null,
                    "refused: " + NotifyMessage.onOneLine(why) + more);
        }
    }
}
