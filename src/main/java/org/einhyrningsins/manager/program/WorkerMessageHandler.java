// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.channel.NotifyMessage;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LogRateLimit;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Takes what the workers of one program say at their sockets, checks who said it, and makes an
/// event of what is believed.
final class WorkerMessageHandler implements WorkerSockets.Listener {
    private final ProgramContext context;
    private final WorkerTable workerTable;
    private final LogRateLimit logRateLimit = new LogRateLimit();

    WorkerMessageHandler(ProgramContext context, WorkerTable workerTable) {
        this.context = context;
        this.workerTable = workerTable;
    }

    /// Takes an acknowledgement at the control socket, if the program does so there.
    ///
    /// @return why it does not count; null if it does
    @Nullable String ackedAtControlSocket(int pid, PeerCredentials sender) {
        if (context.program().newest().managerLink().workerSocket()
                == ManagerLinkSpec.WorkerSocket.OWN) {
            return ControlServer.ELSEWHERE;
        }
        return acked(pid, sender) ? null : "you may not acknowledge for pid " + pid;
    }

    /// Takes a ping at the control socket.
    ///
    /// @return why it does not count; null if it does
    @Nullable String pingedAtControlSocket(WorkerMessage.Ping ping, PeerCredentials sender) {
        return pinged(ping, sender) ? null : "you may not ping for pid " + ping.pid();
    }

    @Override
    public boolean acked(int pid, PeerCredentials sender) {
        WorkerProcess process = workerTable.verifiedSender(pid, sender);
        if (process == null) {
            refused(sender, "acknowledge", pid);
            return false;
        }
        acked(process.id());
        return true;
    }

    @Override
    public boolean pinged(WorkerMessage.Ping ping, PeerCredentials sender) {
        WorkerProcess process = workerTable.verifiedSender(ping.pid(), sender);
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
                                        + context.name()
                                        + "', or the sender is neither that worker nor a"
                                        + " descendant of it"));
    }

    /// Notes a sign of life; a worker without a watchdog may ping as it likes.
    private void alive(WorkerId id) {
        if (watchdog(id)) {
            context.take(new ProgramEvent.Pinged(id));
        }
    }

    private boolean watchdog(WorkerId id) {
        Worker worker = context.worker(id);
        return worker != null && worker.version().spec().monitoring().watchdog() != null;
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
                            ? who + "is no worker of '" + context.name() + "' and may not notify"
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

    /// Counts an acknowledgement, if the ack mode is `manual`.
    private void acked(WorkerId id) {
        Worker worker = context.worker(id);
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Manual) {
            context.take(new ProgramEvent.Acked(id));
        } else {
            String what = "acknowledged, but its ack mode is not manual; ignored";
            context.report(ProgramEffect.Severity.DEBUG, id, what);
        }
    }

    private void notified(WorkerId id, NotifyMessage notifyMessage) {
        switch (notifyMessage) {
            case NotifyMessage.Ready() -> ready(id);
            case NotifyMessage.Alive() -> alive(id);
            case NotifyMessage.WatchdogTriggered() ->
                    context.take(new ProgramEvent.WatchdogTriggered(id));
            case NotifyMessage.WatchdogIntervalSet(Duration interval) -> {
                if (watchdog(id)) {
                    context.take(new ProgramEvent.WatchdogIntervalSet(id, interval));
                }
            }
            case NotifyMessage.Extended(Duration time) ->
                    context.take(new ProgramEvent.Extended(id, time));
            case NotifyMessage.Status(String words) -> workerTable.setStatusText(id, words);
            case NotifyMessage.Invalid(String why) -> refused(why);
        }
    }

    private void ready(WorkerId id) {
        Worker worker = context.worker(id);
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Notify) {
            context.take(new ProgramEvent.Acked(id));
        }
    }

    @Override
    public void refused(String why) {
        if (logRateLimit.permits(Clock.now())) {
            String more = logRateLimit.suppressed();
            context.report(
                    ProgramEffect.Severity.WARN,
                    null,
                    "refused: " + NotifyMessage.onOneLine(why) + more);
        }
    }
}
