// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.manager.snapshot.PendingCommandSnapshot;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// One request that is being carried out: it may concern several programs, and is answered when all
/// of them have said what came of it.
public final class PendingCommand {
    private @Nullable ControlConnection client;
    private final JsonId id;
    private final boolean waits;
    private final List<String> outcomes = new ArrayList<>();
    private int open;
    private boolean failed;
    private @Nullable Runnable whenOver;

    /// Begins a request of a client.
    ///
    /// @param client null when nobody waits: a signal asked for it, or the client would not
    public PendingCommand(@Nullable ControlConnection client, JsonId id) {
        this(client, id, true);
    }

    /// Begins a request of a client.
    ///
    /// @param waits the client wants progress and the outcome; else one reply, and at once: see
    ///   [#begun]
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

    /// Nobody asked, so nobody hears of it.
    public static PendingCommand withNobody() {
        return new PendingCommand(null, JsonId.NONE);
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

    /// It came to nothing, and whoever asked was told otherwise.
    public void abandon() {
        if (client != null) {
            client.end();
        }
    }

    /// True if a client waits for the reply.
    public boolean isHeard() {
        return client != null;
    }

    /// One program more is to answer.
    public void expect() {
        open++;
    }

    /// All that can be known at once is known: a client that does not wait is answered, unless it
    /// was, because the outcome was there already.
    ///
    /// @param what it is that has begun
    public void begun(String what) {
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

    /// One program has answered; the last of them ends the conversation.
    public void outcome(boolean done, String message) {
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
            client.send(ReplyWriter.done(id, code, String.join("\n", outcomes)));
        }
    }
}
