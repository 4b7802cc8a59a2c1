// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.einhyrningsins.control.wire.Reply;
import org.einhyrningsins.control.wire.ReplyHandler;

/// Shows what the manager says: the verdict on stdout, progress on stderr, where a terminal gets
/// one line that changes and a pipe gets line after line. Events are what was asked for, so they go
/// to stdout.
public final class Screen implements ReplyHandler {
    /// Nobody tells us the width; a longer line would wrap and could not be taken back.
    private static final int LINE_WIDTH = 79;

    private static final String ERASE_LINE = "\r\033[K";

    private final Invocation asked;
    private final Output out;
    private final Output err;
    private final boolean rewrites;
    private boolean lineOpen;
    private int events;

    /// @param rewrites stderr is a terminal
    public Screen(Invocation asked, Output out, Output err, boolean rewrites) {
        this.asked = asked;
        this.out = out;
        this.err = err;
        this.rewrites = rewrites;
    }

    @Override
    public boolean progress(Reply reply) {
        if (asked.command().equals("events")) {
            out.print(textOf(reply));
            events++;
            return asked.count() <= 0 || events < asked.count();
        }
        if (!asked.json() && rewrites && isShort(reply.message())) {
            rewrite(reply.message());
        } else {
            leave();
            err.print(textOf(reply));
        }
        return true;
    }

    /// What it came to. An event after which no more were wanted was already shown.
    public void verdict(Reply reply) {
        leave();
        if (!reply.more()) {
            out.print(textOf(reply));
        }
    }

    /// Ends the line that changes, so that what comes next has one of its own.
    public void leave() {
        if (lineOpen) {
            err.command(ERASE_LINE);
            lineOpen = false;
        }
    }

    private void rewrite(String message) {
        err.command(ERASE_LINE);
        err.write(message);
        lineOpen = true;
    }

    private String textOf(Reply reply) {
        return asked.json() ? reply.json() : reply.message();
    }

    private static boolean isShort(String message) {
        return message.length() <= LINE_WIDTH && message.indexOf('\n') < 0;
    }
}
