// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.process.SignalDescriptor;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.EnumSet;
import java.util.Set;

/// Takes the signals sent to the manager, as section SIGNALS of einhyrningsins(1) has them.
final class SignalReader {
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

    private final EventLoop eventLoop;
    private final ManagerLog managerLog;
    private final Obeyed obeyed;

    /// Does what signals ask for.
    interface Obeyed {
        void reloadAll();

        void everyProgram(ProgramCommand programCommand);

        /// Stops everything gracefully, and more firmly when told again.
        ///
        /// @param first instead of the first signal of each program's own steps; null for those
        void stop(@Nullable Signal first);

        void quit();

        void childDied();
    }

    SignalReader(EventLoop eventLoop, ManagerLog managerLog, Obeyed obeyed) {
        this.eventLoop = eventLoop;
        this.managerLog = managerLog;
        this.obeyed = obeyed;
    }

    /// Listens from now on; what came before is heard too.
    void open() throws StartException {
        if (!SignalDescriptor.blocked(Signal.TERM)) {
            throw new StartException(
                    ExitStatus.BUG,
                    "signals are not blocked; start it by bin/einhyrningsins, which does that");
        }
        SignalDescriptor.hearOfStops();
        int fd = SignalDescriptor.open(SIGNALS);
        eventLoop.watch(fd, Poll.IN, events -> read(fd));
    }

    private void read(int fd) {
        for (SignalDescriptor.Received next = SignalDescriptor.read(fd);
                next != null;
                next = SignalDescriptor.read(fd)) {
            if (next.signal() != Signal.CHLD) {
                managerLog.info("", "SIG" + next.signal() + " from " + sender(next));
            }
            take(next.signal());
        }
    }

    private static String sender(SignalDescriptor.Received received) {
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
                    obeyed.everyProgram(new ProgramCommand.SendSignal(signal, null));
            case INT, USR2 -> obeyed.stop(null);
            case TERM -> obeyed.stop(Signal.TERM);
            case QUIT -> obeyed.quit();
            case CHLD -> obeyed.childDied();
            default -> {}
        }
    }
}
