// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.process.SignalDescriptor;
import org.einhyrningsins.spec.Signal;

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

    private final ManagerParts parts;
    private final ChildReaper children;

    SignalReader(ManagerParts parts, ChildReaper children) {
        this.parts = parts;
        this.children = children;
    }

    /// Listens from now on; what came before is heard too.
    void open() throws StartException {
        if (!SignalDescriptor.blocked(Signal.TERM)) {
            throw new StartException(
                    ExitStatus.BUG,
                    "signals are not blocked; start it by bin/einhyrningsins, which does that");
        }
        SignalDescriptor.includeStops();
        int fd = SignalDescriptor.open(SIGNALS);
        parts.runtime.eventLoop().watch(fd, Poll.IN, events -> read(fd));
    }

    private void read(int fd) {
        for (SignalDescriptor.Received next = SignalDescriptor.read(fd);
                next != null;
                next = SignalDescriptor.read(fd)) {
            if (next.signal() != Signal.CHLD) {
                parts.runtime
                        .managerLog()
                        .info("", "SIG" + next.signal() + " from " + sender(next));
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
            case HUP -> parts.commands.reloadAll();
            case USR1, TTIN, TTOU, CONT ->
                    parts.commands.everyProgram(new ProgramCommand.SendSignal(signal, null));
            case INT, USR2 -> parts.shutdown.stop(null);
            case TERM -> parts.shutdown.stop(Signal.TERM);
            case QUIT -> parts.shutdown.quit();
            case CHLD -> children.childDied();
            default -> {}
        }
    }
}
