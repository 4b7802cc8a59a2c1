// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.control.report.OutcomeReport;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.snapshot.PendingCommandSnapshot;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Command in progress: it may concern several programs, and is answered when all of them have
/// answered.
public final class PendingCommand {
    private @Nullable ControlConnection client;
    private final JsonId id;
    private final boolean waits;
    private final List<String> outcomes = new ArrayList<>();
    private final List<OutcomeReport.Outcome> programs = new ArrayList<>();
    private @Nullable Before before;
    private int open;
    private boolean failed;
    private @Nullable Runnable whenOver;
    private VersionOrigin origin = VersionOrigin.NONE;

    /// Begins a request of a client.
    ///
    /// @param client null when nobody waits: a signal asked for it, or the client would not
    public PendingCommand(@Nullable ControlConnection client, JsonId id) {
        this(client, id, true);
    }

    /// Begins a request of a client.
    ///
    /// @param waits the client wants progress and the outcome; else one reply, and at once: see
    ///   [#accepted]
    public PendingCommand(@Nullable ControlConnection client, JsonId id, boolean waits) {
        this.client = client;
        this.id = id;
        this.waits = waits;
        if (client != null) {
            client.begin();
        }
    }

    /// Goes on where another manager stopped.
    public PendingCommand(ControlConnection client, PendingCommandSnapshot image) {
        this(client, image.id(), image.waits());
        open = image.open();
        failed = image.failed();
        outcomes.addAll(image.outcomes());
    }

    /// Returns the snapshot of the command; null if no client waits for it.
    ///
    /// @param tickets tickets of the questions that are still to be answered
    public @Nullable PendingCommandSnapshot image(
            List<Long> tickets, PendingCommandSnapshot.About about) {
        return client == null || client.closed()
                ? null
                : new PendingCommandSnapshot(
                        client.fd(), id, waits, open, failed, outcomes, tickets, about);
    }

    /// Makes a command without a client: its outcome is reported to nobody.
    ///
    /// @param source origin of the versions that come of it
    public static PendingCommand withoutClient(VersionOrigin source) {
        return new PendingCommand(null, JsonId.NONE).from(source);
    }

    /// The same, of which versions of that origin come.
    public PendingCommand from(VersionOrigin source) {
        origin = source;
        return this;
    }

    /// Origin of the versions that come of it.
    public VersionOrigin origin() {
        return origin;
    }

    /// Is to be run when all have answered, after what was said so before.
    public void whenOver(Runnable then) {
        Runnable before = whenOver;
        whenOver =
                before == null
                        ? then
                        : () -> {
                            before.run();
                            then.run();
                        };
    }

    /// Closes the client of a command that came to nothing although it was accepted.
    public void abandon() {
        if (client != null) {
            client.end();
        }
    }

    /// True if a client waits for the reply.
    public boolean isClientConnected() {
        return client != null;
    }

    /// Adds one program that is to answer.
    public void addProgram() {
        open++;
    }

    /// Answers a client that does not wait, unless its command has ended already.
    ///
    /// @param what description of what has begun
    public void accepted(String what) {
        if (client != null && !waits && open > 0) {
            client.end();
            client.send(ReplyWriter.done(id, ExitStatus.DONE, what + ": accepted"));
            client = null;
        }
    }

    public void progress(String message) {
        if (client != null && waits) {
            client.send(ReplyWriter.progress(id, message));
        }
    }

    /// The state before the command.
    ///
    /// @param began when it began
    /// @param generations generation that served, by program
    private record Before(Moment began, Map<String, Integer> generations) {}

    /// The client wants the outcomes as data, too.
    ///
    /// @param generations generation that serves before the command, by program
    public PendingCommand withData(Moment now, Map<String, Integer> generations) {
        before = new Before(now, generations);
        return this;
    }

    /// Adds the answer of one program, also as data.
    ///
    /// @param message for people
    public void programAnswered(OutcomeReport.Outcome outcome, String message) {
        Before then = before;
        if (then != null) {
            Integer from = then.generations().get(outcome.program());
            programs.add(outcome.since(from, Clock.now().since(then.began()).toMillis()));
        }
        programAnswered(outcome.done(), message);
    }

    /// Adds an answer; the last one ends the command.
    public void programAnswered(boolean done, String message) {
        open--;
        failed |= !done;
        outcomes.add(message);
        if (open > 0) {
            progress(message);
        } else {
            end();
            if (whenOver != null) {
                whenOver.run();
            }
        }
    }

    private void end() {
        if (client != null) {
            ExitStatus code = failed ? ExitStatus.FAILED : ExitStatus.DONE;
            client.end();
            OutcomeReport report = programs.isEmpty() ? null : new OutcomeReport(programs);
            client.send(ReplyWriter.done(id, code, String.join("\n", outcomes), report));
        }
    }
}
