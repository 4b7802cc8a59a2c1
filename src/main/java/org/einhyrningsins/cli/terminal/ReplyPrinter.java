// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.einhyrningsins.control.wire.ControlReply;
import org.einhyrningsins.control.wire.ReplyHandler;

import java.util.Set;
import java.util.function.IntSupplier;

/// Shows what the manager says: the verdict on stdout, progress on stderr, where a terminal gets
/// one line that changes and a pipe gets line after line. Events are what was asked for, so they go
/// to stdout.
public final class ReplyPrinter implements ReplyHandler {
    /// Width to which progress is cut: the terminal's is not known, and a longer line would wrap
    /// and could not be taken back.
    private static final int LINE_WIDTH = 79;

    /// What is shorter needs no look at the terminal.
    private static final int NARROW = 40;

    private static final Set<String> TABLES = Set.of("status", "show", "history", "events");
    private static final String ERASE_LINE = "\r\033[K";

    private final ClientCommand asked;
    private final TextOutput out;
    private final TextOutput err;
    private final boolean rewrites;
    private final IntSupplier width;
    private boolean lineOpen;
    private int events;

    /// Prints what comes for one command.
    ///
    /// @param rewrites stderr is a terminal
    public ReplyPrinter(ClientCommand asked, TextOutput out, TextOutput err, boolean rewrites) {
        this(asked, out, err, rewrites, () -> 0);
    }

    /// The same, with tables that fit.
    ///
    /// @param width of the terminal at stdout; 0 if it is none
    public ReplyPrinter(
            ClientCommand asked,
            TextOutput out,
            TextOutput err,
            boolean rewrites,
            IntSupplier width) {
        this.width = width;
        this.asked = asked;
        this.out = out;
        this.err = err;
        this.rewrites = rewrites;
    }

    @Override
    public boolean progress(ControlReply controlReply) {
        if (asked.command().equals("events")) {
            out.print(textOf(controlReply));
            events++;
            return asked.count() <= 0 || events < asked.count();
        }
        if (!asked.json() && rewrites && isShort(controlReply.message())) {
            rewrite(controlReply.message());
        } else {
            endLine();
            err.print(textOf(controlReply));
        }
        return true;
    }

    /// Prints the final reply. An event after which no more were wanted was already shown.
    public void verdict(ControlReply controlReply) {
        endLine();
        if (!controlReply.more()) {
            out.print(textOf(controlReply));
        }
    }

    /// Ends the line that changes, so that what comes next has one of its own.
    public void endLine() {
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

    private String textOf(ControlReply controlReply) {
        if (asked.json()) {
            return controlReply.json();
        }
        String message = controlReply.message();
        return TABLES.contains(asked.command()) && message.length() > NARROW
                ? TableWrap.of(message, width.getAsInt())
                : message;
    }

    private static boolean isShort(String message) {
        return message.length() <= LINE_WIDTH && message.indexOf('\n') < 0;
    }
}
