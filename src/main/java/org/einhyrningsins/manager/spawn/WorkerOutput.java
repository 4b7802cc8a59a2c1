// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.output.LogWriterThreads;
import org.einhyrningsins.manager.output.OutputPipe;
import org.einhyrningsins.manager.output.OutputPump;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Destinations of workers' output: opens them for each worker to be spawned.
public final class WorkerOutput {
    private static final int STDOUT = 1;
    private static final int STDERR = 2;

    private final EventLoop eventLoop;
    private final OutputPump.MessageLog messages;
    private final LogWriterThreads writerThreads;
    private final int devNull;

    /// Files that workers of this manager were given to write to themselves.
    private final Set<Path> written = new HashSet<>();

    /// Descriptors of the manager's own outputs for workers, where they are files; -1 where workers
    /// inherit them as they are.
    private int out = -1;

    private int err = -1;
    private boolean opened;

    private @Nullable OutputPump pump;

    /// Opens output for workers of one manager.
    ///
    /// @param devNull a descriptor of /dev/null
    public WorkerOutput(EventLoop eventLoop, int devNull, OutputPump.MessageLog messages) {
        this.eventLoop = eventLoop;
        this.devNull = devNull;
        this.messages = messages;
        this.writerThreads = new LogWriterThreads(eventLoop);
    }

    /// Output of one worker.
    ///
    /// @param out its standard output
    /// @param err its standard error
    /// @param owned true if the descriptors are to be closed once it is spawned
    record Output(int out, int err, boolean owned, WorkerLog log) {
        /// Closes our ends once the worker is spawned, or will not be.
        void release() {
            if (owned) {
                Descriptors.close(out);
            }
            if (owned && err != out) {
                Descriptors.close(err);
            }
        }
    }

    /// Opens it.
    ///
    /// @param user the worker's user; null for the manager's
    Output open(ProgramSpec spec, WorkerId id, @Nullable Credentials user)
            throws SpawnRefusedException {
        int slot = id.slot();
        try {
            if (spec.logs() instanceof LogsSpec.Kept kept) {
                return openFile(spec.name(), kept, slot, user);
            }
            if (spec.logs() instanceof LogsSpec.Journal) {
                OutputPump.Outlet outlet = pump().openJournal(spec.name(), slot, user);
                int worker = outlet.worker();
                List<OutputPipe> pipes = List.of(outlet.pipe());
                return new Output(worker, worker, true, WorkerLog.through(null, null, pipes));
            }
            Streams streams = streams(spec, slot);
            return spec.readsOutput() ? passed(spec.name(), slot, streams, user) : streams.output();
        } catch (PosixException e) {
            throw new SpawnRefusedException("cannot open its log: " + e.getMessage());
        }
    }

    /// Destination of a worker's output if the manager does not write it to a file.
    ///
    /// @param owned true if `out` and `err`, which then are one, were opened for this
    private record Streams(
            int out,
            int err,
            boolean owned,
            @Nullable Path file,
            AppendFiles.@Nullable Extent extent) {
        Output output() {
            return new Output(out, err, owned, WorkerLog.direct(file, extent));
        }

        /// Through pipes of ours instead.
        Output through(int outlet, int errors, List<OutputPipe> pipes) {
            return new Output(outlet, errors, true, WorkerLog.through(file, extent, pipes));
        }

        OutputPump.Stream first() {
            return new OutputPump.Stream(out, owned);
        }
    }

    private Streams streams(ProgramSpec spec, int slot) {
        return switch (spec.logs()) {
            case LogsSpec.Inherit ignored -> inherited();
            case LogsSpec.Discard ignored -> new Streams(devNull, devNull, false, null, null);
            case LogsSpec.ToFile file -> direct(file, slot);
            case LogsSpec.Journal brought -> throw new IllegalArgumentException("is " + brought);
            case LogsSpec.Kept brought -> throw new IllegalArgumentException("is " + brought);
        };
    }

    private Streams inherited() {
        if (!opened) {
            opened = true;
            out = AppendFiles.reopenForAppend(STDOUT);
            err = AppendFiles.reopenForAppend(STDERR);
        }
        return new Streams(out < 0 ? STDOUT : out, err < 0 ? STDERR : err, false, null, null);
    }

    private Output passed(String program, int slot, Streams streams, @Nullable Credentials user) {
        OutputPump.Outlet out = pump().openPassThrough(program, slot, streams.first(), user);
        if (streams.err() == streams.out()) {
            return streams.through(out.worker(), out.worker(), List.of(out.pipe()));
        }
        OutputPump.Outlet err = errors(program, slot, streams, user, out);
        return streams.through(out.worker(), err.worker(), List.of(out.pipe(), err.pipe()));
    }

    private OutputPump.Outlet errors(
            String program,
            int slot,
            Streams streams,
            @Nullable Credentials user,
            OutputPump.Outlet out) {
        try {
            return pump().openPassThrough(
                            program, slot, new OutputPump.Stream(streams.err(), false), user);
        } catch (PosixException e) {
            pump().discard(out.pipe());
            Descriptors.close(out.worker());
            throw e;
        }
    }

    /// Goes on with the pipes of a worker that was spawned by another manager: their descriptors
    /// came over a re-exec, or the worker still has the other ends.
    List<OutputPipe> resume(ProgramSpec spec, WorkerSnapshot worker) {
        try {
            if (spec.logs() instanceof LogsSpec.Kept kept) {
                int reader = reader(worker, WorkerProcess.OUTPUT, STDOUT);
                return reader < 0 ? List.of() : List.of(adopted(spec, worker, kept, reader));
            }
            if (spec.logs() instanceof LogsSpec.Journal) {
                int reader = reader(worker, WorkerProcess.OUTPUT, STDOUT);
                return reader < 0 ? List.of() : List.of(recorded(spec, worker, reader));
            }
            return spec.readsOutput() ? resumed(spec, worker) : List.of();
        } catch (PosixException e) {
            String what = "cannot go on with the output of pid " + worker.pid();
            String end = "; it waits when its pipe is full: roll the program";
            messages.log(LogSpec.Level.ERROR, spec.name(), what + ": " + e.getMessage() + end);
            return List.of();
        }
    }

    private OutputPipe adopted(
            ProgramSpec spec, WorkerSnapshot worker, LogsSpec.Kept kept, int reader) {
        return pump().adopt(spec.name(), worker.id().slot(), worker.pid(), kept, reader);
    }

    private OutputPipe recorded(ProgramSpec spec, WorkerSnapshot worker, int reader) {
        return pump().adoptJournal(spec.name(), worker.id().slot(), worker.pid(), reader);
    }

    private List<OutputPipe> resumed(ProgramSpec spec, WorkerSnapshot worker) {
        int slot = worker.id().slot();
        List<OutputPipe> pipes = new ArrayList<>();
        int out = reader(worker, WorkerProcess.OUTPUT, STDOUT);
        Streams streams = streams(spec, slot);
        if (out >= 0) {
            pipes.add(pump().adoptPassThrough(spec.name(), slot, streams.first(), out));
        }
        int err =
                streams.err() == streams.out() ? -1 : reader(worker, WorkerProcess.ERRORS, STDERR);
        if (err >= 0) {
            OutputPump.Stream to = new OutputPump.Stream(streams.err(), false);
            pipes.add(pump().adoptPassThrough(spec.name(), slot, to, err));
        }
        return pipes;
    }

    private static int reader(WorkerSnapshot worker, String name, int number) {
        int reader = worker.descriptor(name);
        if (reader >= 0) {
            return reader;
        }
        int writer = writer(worker);
        Integer fd =
                ProcReader.ask(
                                worker.id(),
                                () -> OutputPipes.reopen(writer, number, worker.inode(name)))
                        .answer();
        return fd == null ? -1 : fd;
    }

    /// Returns the process that writes to the pipe: the worker's own or, if that is gone, one of
    /// its process group.
    private static int writer(WorkerSnapshot worker) {
        int pid = worker.pid();
        List<Integer> rest =
                worker.pidfd() < 0
                        ? ProcessGroups.members(Set.of(pid)).getOrDefault(pid, List.of())
                        : List.of();
        return rest.isEmpty() ? pid : rest.getFirst();
    }

    private Streams direct(LogsSpec.ToFile spec, int slot) {
        Path path = file(spec, slot);
        int fd = writerThreads.openAppend(path);
        written.add(path);
        return new Streams(fd, fd, true, path, AppendFiles.extent(fd));
    }

    private Output openFile(
            String program, LogsSpec.Kept spec, int slot, @Nullable Credentials user) {
        Path path = file(spec, slot);
        OutputPump.Outlet outlet = pump().open(program, slot, spec, user, written.contains(path));
        List<OutputPipe> pipes = List.of(outlet.pipe());
        return new Output(
                outlet.worker(), outlet.worker(), true, WorkerLog.through(path, null, pipes));
    }

    private static Path file(LogsSpec spec, int slot) {
        Path path = spec.file(slot);
        if (path == null) {
            throw new IllegalArgumentException("no file: " + spec);
        }
        return path;
    }

    LogWriterThreads writerThreads() {
        return writerThreads;
    }

    /// Returns the output pump, which is made when it is first needed.
    OutputPump pump() {
        OutputPump known = pump;
        if (known == null) {
            known = new OutputPump(eventLoop, writerThreads, messages);
            pump = known;
        }
        return known;
    }

    /// Closes the pipes of a worker that was not spawned.
    void discard(Output output) {
        output.log().pipes().forEach(pipe -> pump().discard(pipe));
    }

    /// See [OutputPump#reconfigure].
    public void reconfigure(ProgramSpec spec) {
        if (pump != null) {
            pump.reconfigure(spec);
        }
    }

    /// Returns the time of its next call; null for none.
    public @Nullable Moment deadline() {
        return pump == null ? null : pump.deadline();
    }

    public void deadlinePassed(Moment now) {
        if (pump != null) {
            pump.deadlinePassed(now);
        }
    }

    /// Describes problems of a program's output; empty for none.
    public String problems(String program) {
        return pump == null ? "" : pump.problems(program);
    }

    /// Returns the counters of a program's output; null if none of it is kept.
    public PageData.@Nullable Log counters(String program) {
        return pump == null ? null : pump.counters(program);
    }

    /// See [OutputPump#prepareHandover].
    public void prepareHandover() {
        if (pump != null) {
            pump.prepareHandover();
        }
    }

    public void close() {
        if (pump != null) {
            pump.close();
        }
    }
}
