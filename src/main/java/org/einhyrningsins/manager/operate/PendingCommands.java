// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.OutcomeReport.Outcome;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.snapshot.PendingCommandSnapshot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Commands that not all programs have answered yet. Each question to a program has a ticket; its
/// answer bears the ticket, and ends a part of the command.
public final class PendingCommands {
    private final Map<Long, PendingCommand> byTicket = new HashMap<>();

    /// Origins of versions that come of questions whose answer no client waits for.
    private final Map<Long, VersionOrigin> origins = new HashMap<>();

    private long nextTicket = 1;

    /// Ticket of the next question.
    public long nextTicket() {
        return nextTicket;
    }

    /// Makes a ticket for a question whose answer no client waits for.
    ///
    /// @param like ticket of a command that it is a part of
    long ticket(long like) {
        origins.put(nextTicket, origin(like));
        return nextTicket++;
    }

    /// Origin of a version that comes of a question.
    VersionOrigin origin(long ticket) {
        PendingCommand pendingCommand = byTicket.get(ticket);
        return pendingCommand == null
                ? origins.getOrDefault(ticket, VersionOrigin.NONE)
                : pendingCommand.origin();
    }

    /// Makes a ticket for a question whose answer ends a part of that command.
    long ticket(PendingCommand pendingCommand) {
        long ticket = nextTicket++;
        byTicket.put(ticket, pendingCommand);
        return ticket;
    }

    void progress(long ticket, String message) {
        PendingCommand pendingCommand = byTicket.get(ticket);
        if (pendingCommand != null) {
            pendingCommand.progress(message);
        }
    }

    /// @param message what is told for people
    void answer(long ticket, Outcome outcome, String message) {
        origins.remove(ticket);
        PendingCommand pendingCommand = byTicket.remove(ticket);
        if (pendingCommand != null) {
            pendingCommand.programAnswered(outcome, message);
        }
    }

    /// Returns whether a client will learn of the answer.
    public boolean isAwaited(long ticket) {
        PendingCommand pendingCommand = byTicket.get(ticket);
        return pendingCommand != null && pendingCommand.isClientConnected();
    }

    /// State of the commands that a client waits for, for another manager to go on with.
    public List<PendingCommandSnapshot> images() {
        Map<PendingCommand, List<Long>> open = new LinkedHashMap<>();
        byTicket.forEach(
                (ticket, pendingCommand) ->
                        open.computeIfAbsent(pendingCommand, c -> new ArrayList<>()).add(ticket));
        List<PendingCommandSnapshot> images = new ArrayList<>();
        open.forEach(
                (pendingCommand, tickets) -> {
                    PendingCommandSnapshot image =
                            pendingCommand.image(tickets, PendingCommandSnapshot.About.PROGRAMS);
                    if (image != null) {
                        images.add(image);
                    }
                });
        return images;
    }

    /// Goes on with the tickets of another manager.
    public void resume(long next) {
        nextTicket = next;
    }

    /// Goes on with a command of another manager.
    public void resume(PendingCommand pendingCommand, List<Long> tickets) {
        tickets.forEach(ticket -> byTicket.put(ticket, pendingCommand));
    }
}
