// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.einhyrningsins.manager.snapshot.ReexecSnapshot;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/// The re-exec that somebody asked for, from the question to the answer, which the next manager
/// gives if there is one.
public final class ReexecRequest {
    private final EventLoop eventLoop;
    private final LaunchOptions options;
    private final List<String> words;
    private final ManagerLog managerLog;
    private final Supplier<ReexecSnapshot> image;
    private final Runnable parting;
    private @Nullable Reexec reexec;
    private @Nullable PendingCommand pendingCommand;

    /// Prepares for a re-exec that may be asked for.
    ///
    /// @param words the command line that the options were read from
    /// @param image makes the newest one of this manager
    /// @param parting what is to be done before that
    public ReexecRequest(
            EventLoop eventLoop,
            LaunchOptions options,
            List<String> words,
            ManagerLog managerLog,
            Supplier<ReexecSnapshot> image,
            Runnable parting) {
        this.eventLoop = eventLoop;
        this.options = options;
        this.words = words;
        this.managerLog = managerLog;
        this.image = image;
        this.parting = parting;
    }

    /// Returns the command whose client waits for the re-exec; null if there is none.
    public @Nullable PendingCommand conversation() {
        return pendingCommand;
    }

    /// This manager is what was asked for.
    public void resume(PendingCommand asked) {
        pendingCommand = asked;
    }

    /// Answers whoever asked for this manager.
    public void done(String took) {
        if (pendingCommand != null) {
            String version = org.einhyrningsins.spec.manager.BuildInfo.text();
            String pid = ", pid " + Processes.self();
            pendingCommand.programAnswered(
                    true, "this is einhyrningsins " + version + pid + ", away for " + took);
            pendingCommand = null;
        }
    }

    /// Has the new program checked, and gives way to it when it has proved itself.
    ///
    /// @param objection why not now; null if nothing speaks against it
    public void begin(PendingCommand asked, @Nullable String objection) {
        asked.addProgram();
        Reexec next = reexec == null ? find() : reexec;
        reexec = next;
        if (next == null) {
            String launcher = "it was not started by bin/einhyrningsins";
            asked.programAnswered(false, "the manager cannot replace itself: " + launcher);
        } else if (objection != null) {
            asked.programAnswered(false, objection);
        } else if (next.underWay()) {
            asked.programAnswered(false, "the manager is being replaced already");
        } else {
            pendingCommand = asked;
            asked.progress("the new program is checked first");
            managerLog.info("", "is to be replaced; the new program is checked first");
            next.begin(this::failed);
        }
    }

    private @Nullable Reexec find() {
        String launcher = System.getProperty("einhyrningsins.launcher");
        List<String> instead = options.reexecAs();
        if (!instead.isEmpty()) {
            return new Reexec(eventLoop, instead, words, image);
        }
        return launcher == null
                ? null
                : new Reexec(
                        eventLoop,
                        List.of(StartDirectory.resolve(Path.of(launcher)).toString()),
                        words,
                        image);
    }

    private void failed(String why) {
        String message = "not replaced, this one goes on: " + why;
        managerLog.error("", message);
        if (pendingCommand != null) {
            pendingCommand.programAnswered(false, message);
            pendingCommand = null;
        }
    }

    /// Gives way to the new program if it has proved itself; what was said until now was heard,
    /// what comes later waits in the sockets.
    ///
    /// @return when to come again; null if nothing is waited for
    public @Nullable Moment proceedIfReady(Moment now) {
        Reexec next = reexec;
        if (next == null) {
            return null;
        }
        if (next.proven()) {
            managerLog.info("", "gives way to the new program");
            parting.run();
            failed(next.proceed());
        } else if (next.deadline() != null && next.deadline().reached(now)) {
            next.expire();
        }
        return next.deadline();
    }

    /// True if a process is the new program that is being checked.
    public boolean owns(int pid) {
        return reexec != null && reexec.owns(pid);
    }
}
