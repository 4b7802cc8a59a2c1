// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.manager.runtime.CannotStart;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.Loop;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.process.Signals;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.EnumSet;
import java.util.Set;

/// Takes the signals sent to the manager, as section SIGNALS of einhyrningsins(1) has them.
final class SignalDesk {
    private static final Set<Signal> SIGNALS =
            EnumSet.of(
                    Signal.HUP,
                    Signal.INT,
                    Signal.QUIT,
                    Signal.USR1,
                    Signal.USR2,
                    Signal.TERM,
                    Signal.CHLD,
                    Signal.TTIN,
                    Signal.TTOU,
                    Signal.CONT);

    private final Loop loop;
    private final Log log;
    private final Obeyed obeyed;

    /// Does what signals ask for.
    interface Obeyed {
        void reloadAll();

        void everyProgram(Command command);

        /// Stops everything gracefully, and more firmly when told again.
        ///
        /// @param first instead of the first signal of each program's own steps; null for those
        void stop(@Nullable Signal first);

        void quit();

        void childDied();
    }

    SignalDesk(Loop loop, Log log, Obeyed obeyed) {
        this.loop = loop;
        this.log = log;
        this.obeyed = obeyed;
    }

    /// Listens from now on; what came before is heard too.
    void open() throws CannotStart {
        if (!Signals.blocked(Signal.TERM)) {
            throw new CannotStart(
                    ExitStatus.BUG,
                    "signals are not blocked; start it by bin/einhyrningsins, which does that");
        }
        Signals.hearOfStops();
        int fd = Signals.open(SIGNALS);
        loop.watch(fd, Poll.IN, events -> read(fd));
    }

    private void read(int fd) {
        for (Signals.Received next = Signals.read(fd); next != null; next = Signals.read(fd)) {
            if (next.signal() != Signal.CHLD) {
                log.info("", "SIG" + next.signal() + " from " + sender(next));
            }
            take(next.signal());
        }
    }

    private static String sender(Signals.Received received) {
        if (received.byKernel()) {
            return "the terminal";
        }
        return received.sender() > 0
                ? "pid " + received.sender()
                : "a process outside this pid namespace";
    }

    private void take(Signal signal) {
        switch (signal) {
            case HUP -> obeyed.reloadAll();
            case USR1, TTIN, TTOU, CONT ->
                    obeyed.everyProgram(new Command.SendSignal(signal, null));
            case INT, USR2 -> obeyed.stop(null);
            case TERM -> obeyed.stop(Signal.TERM);
            case QUIT -> obeyed.quit();
            case CHLD -> obeyed.childDied();
            default -> {}
        }
    }
}
