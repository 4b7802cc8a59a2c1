// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.handover.Reexec;
import org.einhyrningsins.manager.handover.ReexecRequest;
import org.einhyrningsins.manager.handover.StateRecorder;
import org.einhyrningsins.manager.http.HttpListener;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.DirectoryCalls;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.snapshot.ReexecSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotException;
import org.einhyrningsins.manager.spawn.WorkerTag;
import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The manager: made once, runs its loop until everything it started has gone.
public final class Manager {
    /// The first word of the command line of a child that only says whether it could replace the
    /// manager.
    public static final String CHECK = Reexec.CHECK;

    private final ManagerParts parts;
    private final ChildReaper children;
    private final ReexecRequest reexecRequest;

    private Manager(LaunchOptions options, List<String> words) {
        parts = new ManagerParts(options, words);
        reexecRequest = parts.commands.reexecRequest();
        children =
                new ChildReaper(
                        parts.programTable,
                        parts.workers.orphanReaper(),
                        pid ->
                                parts.workers.probeRunner().owns(pid)
                                        || parts.commands.reexecRequest().owns(pid));
    }

    // ---- its entrances

    /// Runs until it is told to stop.
    ///
    /// @param words the command line that the options were read from, to be read again by the
    ///   manager that replaces this one
    /// @return the exit status, as section EXIT STATUS of einhyrningsins(1) has it
    public static int run(LaunchOptions options, List<String> words) {
        try {
            if (System.getenv(StartDirectory.IMAGE) != null) {
                return goOn(options, words);
            }
            StrayDescriptors.close(System.getenv(), words);
            return made(options, words).start();
        } catch (StartException e) {
            System.err.println("einhyrningsins: " + e.getMessage());
            return e.code().code();
        }
    }

    /// Makes a manager; nothing is opened yet but what any needs.
    private static Manager made(LaunchOptions options, List<String> words) throws StartException {
        try {
            return new Manager(options, words);
        } catch (PosixException e) { // it may open too few files
            throw new StartException(ExitStatus.FAILED, "cannot start: " + e.getMessage());
        }
    }

    /// Says whether this program could replace the manager that asks.
    ///
    /// @return exit status
    public static int check() {
        try {
            boolean proven = Reexec.prove(System.getenv());
            return proven ? ExitStatus.DONE.code() : ExitStatus.USAGE.code();
        } catch (SnapshotException e) {
            System.err.println("cannot read the state of the manager: " + e.getMessage());
            return ExitStatus.FAILED.code();
        }
    }

    private static int goOn(LaunchOptions options, List<String> words) throws StartException {
        try {
            ReexecSnapshot image = Reexec.inherited(System.getenv());
            if (image == null) {
                throw new IllegalStateException(StartDirectory.IMAGE + " without an image");
            }
            return new Manager(options, words).goOn(image);
        } catch (SnapshotException | IOException e) {
            throw new StartException(
                    ExitStatus.BUG, "cannot go on where the manager before stopped: " + e);
        }
    }

    private int start() throws StartException {
        ManagerStart start = new ManagerStart(parts, children);
        try {
            start.run();
            loop();
        } finally {
            close();
        }
        return ExitStatus.DONE.code();
    }

    private int goOn(ReexecSnapshot image) throws StartException, IOException {
        new ReexecStart(parts, children, image).run();
        try {
            loop();
        } finally {
            close();
        }
        return ExitStatus.DONE.code();
    }

    // ---- the loop

    private void loop() {
        parts.shutdown.leaveAll(true); // whatever ends this loop, unless it is the end
        ProcReader.loopBegins();
        DirectoryCalls.loopBegins();
        keepRecords();
        parts.programs.tasks().resume();
        while (!parts.shutdown.over()) {
            turn();
        }
        parts.shutdown.leaveAll(false);
        parts.runtime.managerLog().info("", "everything is stopped");
    }

    /// Removes what monitors wrote of workers that are no more.
    private void keepRecords() {
        Set<String> living = new HashSet<>();
        for (ProgramHost host : parts.programTable.everyHost()) {
            host.workforce().all().forEach(its -> living.add(WorkerTag.of(host.name(), its.id())));
        }
        parts.workers.spawner().keepRecords(living);
    }

    private void turn() {
        do {
            handleDeadlines();
        } while (parts.commandDispatcher
                .programs()
                .goOn()); // who was let in may have deadlines that passed
        finishTurn();
        Moment next = runDueWork();
        next = Moment.earlier(next, deadline()); // last: any of that may have set one
        if (!parts.shutdown.over()) {
            parts.runtime
                    .eventLoop()
                    .turn(next == null ? -1 : Math.max(0, next.nanos() - Clock.now().nanos()));
            finishTurn();
        }
    }

    /// Tells programs the time whose deadline has passed. What one does then may set a deadline of
    /// another that was looked at before.
    private void handleDeadlines() {
        Moment now = Clock.now();
        Moment trial = confirmationDeadline();
        if (trial != null && trial.reached(now)) {
            parts.reloader.goBack(parts.commandDispatcher);
        }
        for (ProgramHost host : parts.programTable.everyHost()) {
            host.deadlinePassed(now);
        }
        parts.workers.output().deadlinePassed(now);
    }

    /// The next deadline of programs; null if there is none.
    private @Nullable Moment deadline() {
        Moment next = confirmationDeadline();
        for (ProgramHost host : parts.programTable.everyHost()) {
            next = Moment.earlier(next, host.deadline());
        }
        return Moment.earlier(next, parts.workers.output().deadline());
    }

    /// The time at which a reload goes back that nobody confirms; null if none waits for that.
    private @Nullable Moment confirmationDeadline() {
        return parts.shutdown.stopping() ? null : parts.reloader.trials().deadline();
    }

    /// Does what the manager itself has to do at some time.
    ///
    /// @return when to come again; null if time alone changes nothing
    private @Nullable Moment runDueWork() {
        Moment now = Clock.now();
        Moment next = parts.service.turn(now, parts.shutdown.stopping());
        next = Moment.earlier(next, reexecRequest.proceedIfReady(now));
        next = Moment.earlier(next, parts.workers.groups().turn(now));
        next = Moment.earlier(next, parts.sockets.runDueWork(now));
        HttpListener http = parts.settings.http();
        http.deadlinePassed(now);
        next = Moment.earlier(next, http.deadline());
        if (!parts.shutdown.stopping()) {
            next = Moment.earlier(next, parts.programs.runDue());
        }
        next = Moment.earlier(next, record(now));
        next = Moment.earlier(next, parts.files.facts().store().writeIfDue(now));
        parts.runtime.history().turn(now);
        next = Moment.earlier(next, parts.runtime.history().due());
        return Moment.earlier(next, parts.sockets.renewFiles(now));
    }

    /// Writes what is to be recorded, and what operators set, which may be due again too.
    private @Nullable Moment record(Moment now) {
        StateRecorder recorder = parts.recorder;
        Moment due = recorder.due();
        if (due != null && due.reached(now)) {
            recorder.write();
            parts.overrides.writeIfChanged();
        }
        return recorder.due();
    }

    private void finishTurn() {
        children.reap();
        parts.sockets.finishTurn();
        parts.overrides.writeIfChanged();
    }

    // ---- the end

    /// Closes and removes what is the manager's, unless it belongs to the one that comes next.
    private void close() {
        if (parts.shutdown.leavesAll()) {
            return;
        }
        parts.service.end();
        parts.files.facts().store().flush();
        parts.runtime.history().flush();
        if (parts.recorder.delete()) {
            parts.sockets.endHolder();
        }
        parts.programTable.everyHost().forEach(ProgramHost::close);
        parts.settings.http().close();
        parts.workers.output().close();
        parts.sockets.table().closeAllBut(List.of(), name -> 0);
        parts.workers.cgroups().close();
        parts.workers.credentials().close();
        parts.files.close();
        parts.runtime.logOutput().close();
        parts.runtime.eventLoop().close();
    }
}
