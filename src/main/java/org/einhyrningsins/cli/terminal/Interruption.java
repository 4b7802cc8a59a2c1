// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

/// Says, when the user interrupts a wait, that it was only the wait that ended. The JVM then exits
/// with 130 for SIGINT, as a shell expects.
public final class Interruption extends Thread {
    private final String command;
    private final Output err;
    private volatile boolean waiting = true;

    private Interruption(String command, Output err) {
        super("interruption");
        this.command = command;
        this.err = err;
    }

    /// From now until [#over()].
    public static Interruption during(String command, Output err) {
        Interruption interruption = new Interruption(command, err);
        Runtime.getRuntime().addShutdownHook(interruption);
        return interruption;
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

    /// @param status what to type to see
    public static String message(String command, String status) {
        return "'" + command + "' goes on in the manager; '" + status + "' shows how far it is";
    }
}
