// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Stops everything, gracefully or at once, and ends the manager when its last worker has gone.
final class Shutdown {
    private final ManagerParts parts;

    /// Those who asked for the stop, and are told when it is done.
    private final List<PendingCommand> waiting = new ArrayList<>();

    private boolean stopping;
    private boolean over;

    /// True if sockets and files are left to live workers and to the next manager.
    private boolean leavesAll;

    Shutdown(ManagerParts parts) {
        this.parts = parts;
    }

    /// True if everything is being stopped.
    boolean stopping() {
        return stopping;
    }

    /// True if nothing is left to do: the loop ends.
    boolean over() {
        return over;
    }

    /// True if the end of this process leaves workers, sockets and files as they are.
    boolean leavesAll() {
        return leavesAll;
    }

    void leaveAll(boolean leaves) {
        leavesAll = leaves;
    }

    /// Goes on with a stop that the manager before this one had begun, or with none.
    void resume(boolean wasStopping) {
        stopping = wasStopping;
    }

    /// Goes on with one who asked the manager before this one for a stop.
    void resume(PendingCommand pendingCommand) {
        waiting.add(pendingCommand);
    }

    /// Those who asked for the stop and wait for its end.
    List<PendingCommand> waiting() {
        return waiting;
    }

    /// Stops everything, and answers when that is done.
    ///
    /// @param first instead of the first signal of each program's own steps; null for those
    void stop(PendingCommand pendingCommand, @Nullable Signal first) {
        pendingCommand.addProgram();
        if (over) {
            pendingCommand.programAnswered(true, "everything is stopped");
            return;
        }
        waiting.add(pendingCommand);
        if (!stopping) {
            stop(first);
        }
    }

    /// Stops everything gracefully. Told again, gives what has not gone its next signal.
    ///
    /// @param first instead of the first signal of each program's own steps; null for those
    void stop(@Nullable Signal first) {
        if (stopping) {
            parts.commands.everyProgram(new ProgramCommand.SkipWait());
            parts.commandDispatcher.programs().stopAtOnce();
            return;
        }
        parts.overrides.writeIfChanged();
        parts.commandDispatcher.programs().handovers().drop("everything is being stopped");
        stopping = true;
        parts.runtime.managerLog().info("", "stopping everything");
        List<ProgramHost> every = parts.programTable.everyHost();
        PendingCommand pendingCommand = new PendingCommand(null, JsonId.NONE);
        every.forEach(host -> pendingCommand.addProgram());
        parts.commandDispatcher.programs().stop(every, first, pendingCommand);
        endIfVacant();
    }

    /// Tells workers to go, and exits without waiting for them.
    void quit() {
        parts.overrides.writeIfChanged();
        stopping = true;
        parts.commands.everyProgram(new ProgramCommand.Stop(null, null));
        String what = "exits at once; workers were told to go and are not waited for";
        parts.runtime.managerLog().warn("", what);
        end(false, "the manager " + what);
    }

    /// A program has taken a step: if this was the last that was to go, the manager ends.
    void stepped() {
        if (stopping) {
            endIfVacant();
        }
    }

    private void endIfVacant() {
        String stuck = parts.programTable.stuck();
        if (stuck == null) {
            return;
        }
        if (stuck.isEmpty()) {
            end(true, "everything is stopped");
            return;
        }
        String what = "everything is stopped but what even KILL does not reach: ";
        parts.runtime.managerLog().error("", what + stuck + "; it ends when the kernel lets it");
        end(false, what + stuck);
    }

    private void end(boolean done, String message) {
        over = true;
        waiting.forEach(pendingCommand -> pendingCommand.programAnswered(done, message));
        waiting.clear();
    }
}
