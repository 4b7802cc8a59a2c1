// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Moment;
import org.einhyrningsins.manager.http.Snapshot;
import org.einhyrningsins.manager.image.WorkerImage;
import org.einhyrningsins.posix.Credentials;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.OutputFiles;
import org.einhyrningsins.posix.Pipes;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.spec.LogSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// Where the output of workers goes: opens it for each that is to be born.
final class Outputs {
    private static final int STDOUT = 1;

    private final Loop loop;
    private final LogKeeper.Told told;
    private final int nothing;

    /// Files that workers of this manager were given to write to themselves.
    private final Set<Path> written = new HashSet<>();

    private @Nullable LogKeeper keeper;

    /// @param nothing a descriptor of /dev/null
    Outputs(Loop loop, int nothing, LogKeeper.Told told) {
        this.loop = loop;
        this.nothing = nothing;
        this.told = told;
    }

    /// What one worker gets.
    ///
    /// @param out its standard output
    /// @param err its standard error
    /// @param owned whether that is to be closed once it is born
    /// @param file where it arrives, if that is a file; else null
    /// @param since how long that file is now
    /// @param pipe how it gets there, if we bring it
    record Output(
            int out,
            int err,
            boolean owned,
            @Nullable Path file,
            long since,
            @Nullable LogPipe pipe) {
        /// The worker is born, or will not be: it needs no more of us.
        void release() {
            if (owned) {
                Descriptors.close(out);
            }
        }
    }

    /// Opens it.
    ///
    /// @param user whose the worker will be; null for ours
    Output open(ProgramSpec spec, WorkerId id, @Nullable Credentials user) throws Births.Stillborn {
        try {
            return switch (spec.logs()) {
                case LogsSpec.Inherit ignored -> new Output(1, 2, false, null, 0, null);
                case LogsSpec.Discard ignored -> new Output(nothing, nothing, false, null, 0, null);
                case LogsSpec.Journal ignored -> {
                    int fd = Journal.open(Journal.SOCKET, spec.name());
                    yield new Output(fd, fd, true, null, 0, null);
                }
                case LogsSpec.ToFile file -> direct(file, id.slot());
                case LogsSpec.Kept kept -> kept(spec.name(), kept, id.slot(), user);
            };
        } catch (PosixException e) {
            throw new Births.Stillborn("cannot open its log: " + e.getMessage());
        }
    }

    /// Goes on with the pipe of a worker that was born under another manager: its descriptor came
    /// over a re-exec, or the worker still has the other end.
    @Nullable LogPipe resume(ProgramSpec spec, WorkerImage worker) {
        if (!(spec.logs() instanceof LogsSpec.Kept kept)) {
            return null;
        }
        try {
            int reader = worker.descriptor(WorkerProcess.OUTPUT);
            if (reader < 0) {
                reader = Pipes.reopen(worker.pid(), STDOUT);
            }
            if (reader >= 0) {
                int slot = worker.id().slot();
                return keeper().adopt(spec.name(), slot, worker.pid(), kept, reader);
            }
        } catch (PosixException e) {
            String what = "cannot go on with the output of pid " + worker.pid();
            String end = "; it waits when its pipe is full: roll the program";
            told.tell(LogSpec.Level.ERROR, spec.name(), what + ": " + e.getMessage() + end);
        }
        return null;
    }

    private Output direct(LogsSpec.ToFile spec, int slot) {
        Path path = file(spec, slot);
        int fd = Descriptors.openAppend(path);
        written.add(path);
        return new Output(fd, fd, true, path, OutputFiles.extent(fd).size(), null);
    }

    private Output kept(String program, LogsSpec.Kept spec, int slot, @Nullable Credentials user) {
        Path path = file(spec, slot);
        LogKeeper.Outlet outlet = keeper().open(program, slot, spec, user, written.contains(path));
        LogPipe pipe = outlet.pipe();
        return new Output(outlet.worker(), outlet.worker(), true, path, 0, pipe);
    }

    private static Path file(LogsSpec spec, int slot) {
        Path path = spec.file(slot);
        if (path == null) {
            throw new IllegalArgumentException("no file: " + spec);
        }
        return path;
    }

    /// The keeper of logs; made when it is first needed.
    LogKeeper keeper() {
        LogKeeper known = keeper;
        if (known == null) {
            known = new LogKeeper(loop, told);
            keeper = known;
        }
        return known;
    }

    /// A worker that was to have it was not born.
    void discard(Output output) {
        if (keeper != null && output.pipe() != null) {
            keeper.discard(output.pipe());
        }
    }

    /// See [LogKeeper#redefined].
    void redefined(ProgramSpec spec) {
        if (keeper != null) {
            keeper.redefined(spec);
        }
    }

    /// When it wants to be told the time; null for never.
    @Nullable Moment deadline() {
        return keeper == null ? null : keeper.deadline();
    }

    void deadlinePassed(Moment now) {
        if (keeper != null) {
            keeper.deadlinePassed(now);
        }
    }

    /// What is to be known of a program's output, in words; empty for nothing.
    String note(String program) {
        return keeper == null ? "" : keeper.note(program);
    }

    /// What is kept of a program's output, in numbers; null if nothing is.
    Snapshot.@Nullable Log figures(String program) {
        return keeper == null ? null : keeper.figures(program);
    }

    void close() {
        if (keeper != null) {
            keeper.close();
        }
    }
}
