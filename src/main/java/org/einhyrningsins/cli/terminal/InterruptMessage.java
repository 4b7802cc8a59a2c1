// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

/// Says, when the user interrupts a wait, that it was only the wait that ended. The JVM then exits
/// with 130 for SIGINT, as a shell expects.
public final class InterruptMessage extends Thread {
    private final String command;
    private final TextOutput err;
    private volatile boolean waiting = true;

    private InterruptMessage(String command, TextOutput err) {
        super("interruption");
        this.command = command;
        this.err = err;
    }

    /// Watches for an interrupt from now until [#over()].
    public static InterruptMessage during(String command, TextOutput err) {
        InterruptMessage interruptMessage = new InterruptMessage(command, err);
        Runtime.getRuntime().addShutdownHook(interruptMessage);
        return interruptMessage;
    }

    /// The wait ended by itself.
    public void over() {
        waiting = false;
        try {
            Runtime.getRuntime().removeShutdownHook(this);
        } catch (IllegalStateException leaving) {
            return;
        }
    }

    @Override
    public void run() {
        if (waiting) {
            err.print("\n" + message(command, CommandNames.CONTROL + " status"));
        }
    }

    /// Returns what is printed when the user interrupts a wait.
    ///
    /// @param status what to type to see
    public static String message(String command, String status) {
        return "'" + command + "' goes on in the manager; '" + status + "' shows how far it is";
    }
}
