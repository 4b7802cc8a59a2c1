// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Brings what workers write from their pipes to the files that we keep for them: see
/// [LogsSpec.Kept].
///
/// **Nothing is lost.** What a worker wrote is in its pipe until it is in the file. We look at it
/// with tee(2), which takes nothing, to find where lines end, and splice(2) it over. With words
/// before the lines it is written first and taken from the pipe afterwards. The worker's end is
/// open for both ways, so that it neither dies nor loses anything while there is no manager: it
/// waits when the pipe is full, and the next manager goes on with the same pipe ([#adopt]).
///
/// **Supervision comes first.** All pipes are watched by a poll of their own, and the loop gives it
/// [#TURN] at a time however much there is to move. A worker that writes faster than that waits.
///
/// A manager none of whose programs wants it has none of this.
public final class OutputPump implements LogWriterContext {
    /// Maximum memory of lines that cannot be written now, for each file.
    static final int MAX_HELD = 256 * 1024;

    private static final int MAX_HELD_TOGETHER = 4 * 1024 * 1024;
    private static final int MIN_HELD = 4 * 1024;
    private static final int WINDOW = 64 * 1024;
    private static final int DRESSED = 256 * 1024;
    private static final int MAX_EVENTS = 16;
    private static final int MAX_MOVES = 64;
    private static final Duration TURN = Duration.ofMillis(1);
    private static final Duration FIRST_RETRY = Duration.ofMillis(10);
    private static final int MAX_DOUBLINGS = 6;

    /// Maximum time that others may delay the end of a manager, and a re-exec.
    private static final Duration CLOSING = Duration.ofSeconds(2);

    private static final Duration PARTING = Duration.ofMillis(100);

    private final EventLoop eventLoop;
    private final Told told;
    private final Poll poll = Poll.open(MAX_EVENTS);
    private final Map<Long, OutputPipe> pipes = new LinkedHashMap<>();
    private final Set<Path> reopened = new HashSet<>(0);
    private final Map<OutputPipe, Long> tokens = new HashMap<>();
    private final Map<Path, ManagedLogFile> files = new HashMap<>();
    private final Map<String, JournalStream> journals = new HashMap<>(0);

    /// Pipes that nobody takes anything from now, and when that is tried again.
    private final Map<Long, Moment> stuck = new HashMap<>(0);

    private final int[] glass = OutputPipes.glass();
    private final int nothing = Descriptors.openNull();
    private final ByteBuffer window = WriterDesk.memory(WINDOW);
    private final LogRotator logRotator = new LogRotator();
    private final LogWriterThreads writerThreads;
    private @Nullable LinePrefix dress;
    private long serial;

    /// Receiver of messages.
    public interface Told {
        void tell(LogSpec.Level level, String program, String message);
    }

    public OutputPump(EventLoop eventLoop, LogWriterThreads lanes, Told told) {
        this.eventLoop = eventLoop;
        this.told = told;
        this.writerThreads = lanes;
        eventLoop.watch(poll.descriptor(), Poll.IN, events -> turn());
    }

    /// A new pipe for a worker, and what becomes the worker's end of it.
    ///
    /// @param worker to be closed once it is born
    public record Outlet(OutputPipe pipe, int worker) {}

    /// Makes a pipe for a worker that is about to be born.
    ///
    /// @param others whether the file may still be written by workers themselves
    public Outlet open(
            String program,
            int slot,
            LogsSpec.Kept spec,
            @Nullable Credentials owner,
            boolean others) {
        ManagedLogFile file = file(program, slot, spec, others);
        OutputPipes.Outlet outlet = OutputPipes.outlet(owner);
        return new Outlet(
                watch(program, slot, spec.prefix(), file, outlet.reader()), outlet.worker());
    }

    /// Makes a pipe for a worker that is about to be born, whose lines go to the journal.
    public Outlet record(String program, int slot, @Nullable Credentials owner) {
        OutputPipes.Outlet outlet = OutputPipes.outlet(owner);
        return new Outlet(
                watch(program, slot, List.of(), journal(program), outlet.reader()),
                outlet.worker());
    }

    /// Makes a pipe for a worker that is about to be born, whose lines are passed on as they are.
    public Outlet pass(String program, int slot, Stream to, @Nullable Credentials owner) {
        try {
            OutputPipes.Outlet outlet = OutputPipes.outlet(owner);
            return new Outlet(adopt(program, slot, to, outlet.reader()), outlet.worker());
        } catch (PosixException e) {
            to.release();
            throw e;
        }
    }

    /// Stream that lines are passed on to.
    ///
    /// @param owned true if it is closed when nothing is passed on any more
    public record Stream(int fd, boolean owned) {
        void release() {
            if (owned) {
                Descriptors.close(fd);
            }
        }
    }

    /// Adopts a pipe whose lines are passed on.
    public OutputPipe adopt(String program, int slot, Stream to, int reader) {
        return watch(program, slot, List.of(), new PassThroughTarget(this, to), reader);
    }

    /// Goes on with the pipe of a worker that was born under another manager: one whose descriptor
    /// came over a re-exec, or one that [OutputPipes#reopen] opened again.
    public OutputPipe adopt(String program, int slot, int pid, LogsSpec.Kept spec, int reader) {
        OutputPipe pipe =
                watch(program, slot, spec.prefix(), file(program, slot, spec, false), reader);
        pipe.born(pid);
        return pipe;
    }

    /// Adopts a pipe whose lines go to the journal.
    public OutputPipe adopt(String program, int slot, int pid, int reader) {
        OutputPipe pipe = watch(program, slot, List.of(), journal(program), reader);
        pipe.born(pid);
        return pipe;
    }

    private JournalStream journal(String program) {
        return journals.computeIfAbsent(
                program, name -> new JournalStream(this, name, JournalStream.SOCKET));
    }

    private OutputPipe watch(
            String program, int slot, List<LogsSpec.Word> prefix, LineSink sink, int reader) {
        OutputPipe pipe = new OutputPipe(this, program, slot, reader, prefix, sink);
        long token = ++serial;
        poll.add(reader, Poll.IN | Poll.EDGE, token);
        pipes.put(token, pipe);
        tokens.put(pipe, token);
        if (sink instanceof BufferedLogTarget store) {
            store.use();
        }
        return pipe;
    }

    private ManagedLogFile file(String program, int slot, LogsSpec.Kept spec, boolean others) {
        Path path = spec.file(slot);
        if (path == null) {
            throw new IllegalArgumentException("a kept log has a file");
        }
        return file(program, path, spec, others);
    }

    private ManagedLogFile file(String program, Path path, LogsSpec.Kept spec, boolean others) {
        ManagedLogFile file = files.get(path);
        if (file == null) {
            String whose = SafePath.reach(path);
            file =
                    whose == null
                            ? new LogFile(this, program, path, spec, others)
                            : new OffLoopLogFile(
                                    this, writerThreads.of(whose), program, path, spec, others);
            files.put(path, file);
        }
        file.configure(spec);
        return file;
    }

    /// Returns all pipes, to carry them over.
    List<OutputPipe> pipes() {
        return List.copyOf(pipes.values());
    }

    /// The definition of a program has changed: what its workers write from now on goes where it
    /// says.
    public void redefined(ProgramSpec spec) {
        if (!(spec.logs() instanceof LogsSpec.Kept kept)) {
            return;
        }
        for (OutputPipe pipe : pipes.values()) {
            if (pipe.program().equals(spec.name())) {
                redirect(pipe, kept);
            }
        }
    }

    void redirect(OutputPipe pipe, LogsSpec.Kept kept) {
        ManagedLogFile before = pipe.file();
        if (before == null) { // of an older definition, and on its way out
            return;
        }
        try {
            ManagedLogFile after = file(pipe.program(), pipe.slot(), kept, false);
            pipe.redirect(after, kept.prefix());
            after.use();
            if (before instanceof OffLoopLogFile aside) {
                aside.release(pipe);
            }
            leave(before);
        } catch (PosixException e) {
            error(pipe.program(), "goes on in " + before.path() + ": " + e.getMessage());
        }
    }

    private void leave(BufferedLogTarget store) {
        if (store.leave()) {
            close(store);
        }
    }

    private void close(BufferedLogTarget store) {
        files.values().remove(store);
        journals.values().remove(store);
        store.close();
    }

    private List<BufferedLogTarget> stores() {
        List<BufferedLogTarget> all = new ArrayList<>(files.values());
        all.addAll(journals.values());
        return all;
    }

    // ---- what is written beside the loop

    LogWriterThreads writerThreads() {
        return writerThreads;
    }

    /// A pipe has what it waited for.
    void goOn(OutputPipe pipe) {
        pipe.setWaits(false);
        Long token = pipe.ended() ? null : tokens.get(pipe);
        if (token != null) {
            lookAgain(token, pipe);
        }
    }

    /// Waits a little for what a pipe waits for.
    ///
    /// @return whether it may go on
    boolean awaits(OutputPipe pipe) {
        return pipe.sink() instanceof OffLoopLogFile aside && aside.await() && !pipe.waits();
    }

    /// Closes a target that no pipe uses and where nothing waits.
    void done(BufferedLogTarget store) {
        close(store);
    }

    // ---- the loop

    /// Moves what there is for a while; what is left then has its turn after the others of the
    /// loop.
    private void turn() {
        Moment until = Clock.now().plus(TURN);
        int count;
        do {
            count = poll.await(0);
            for (int i = 0; i < count; i++) {
                ready(poll.token(i), poll.events(i));
            }
        } while (count > 0 && !until.reached(Clock.now()));
        if (!reopened.isEmpty()) {
            moveAside();
        }
    }

    private void ready(long token, int events) {
        OutputPipe pipe = pipes.get(token);
        if (pipe == null) {
            return;
        }
        boolean last = (events & Poll.HUP) != 0;
        try {
            switch (pipe.move(last)) {
                case WAITING -> {}
                case MORE -> lookAgain(token, pipe);
                case STUCK -> stuck.put(token, Clock.now().plus(pause(pipe.tries())));
                case ENDED -> end(token, pipe);
            }
        } catch (PosixException e) {
            broken(pipe, e);
            end(token, pipe);
        }
    }

    private void lookAgain(long token, OutputPipe pipe) {
        poll.modify(pipe.fd(), Poll.IN | Poll.EDGE, token);
    }

    /// 10 ms at first, and at most 640.
    private static Duration pause(int tries) {
        return FIRST_RETRY.multipliedBy(1L << Math.clamp(tries - 1, 0, MAX_DOUBLINGS));
    }

    private void end(long token, OutputPipe pipe) {
        pipes.remove(token);
        tokens.remove(pipe);
        stuck.remove(token);
        poll.remove(pipe.fd());
        pipe.close();
        switch (pipe.sink()) {
            case BufferedLogTarget store -> leave(store);
            case PassThroughTarget stream -> stream.close();
        }
    }

    /// A worker was not born after all.
    public void discard(OutputPipe pipe) {
        pipes.entrySet().stream()
                .filter(entry -> entry.getValue() == pipe)
                .findFirst()
                .ifPresent(entry -> end(entry.getKey(), pipe));
    }

    void broken(OutputPipe pipe, PosixException why) {
        error(pipe.program(), "its output is not read any more: " + why.getMessage());
    }

    /// Returns the time of its next call; null for none.
    public @Nullable Moment deadline() {
        Moment next = null;
        for (BufferedLogTarget store : stores()) {
            next = Moment.earlier(next, store.retryAt());
        }
        for (Moment again : stuck.values()) {
            next = Moment.earlier(next, again);
        }
        return next;
    }

    /// Tries again what could not be written.
    public void deadlinePassed(Moment now) {
        stuck.entrySet().removeIf(entry -> looksAgain(entry, now));
        for (BufferedLogTarget store : stores()) {
            Moment again = store.retryAt();
            if (again != null && again.reached(now)) {
                store.retry();
                if (store.over()) {
                    close(store);
                }
            }
        }
    }

    private boolean looksAgain(Map.Entry<Long, Moment> entry, Moment now) {
        OutputPipe pipe = pipes.get(entry.getKey());
        if (pipe != null && entry.getValue().reached(now)) {
            lookAgain(entry.getKey(), pipe);
        }
        return pipe == null || entry.getValue().reached(now);
    }

    /// Describes problems of a program's output; empty for none.
    public String note(String program) {
        StringBuilder notes = new StringBuilder();
        stores().stream()
                .filter(store -> store.program().equals(program) && !store.note().isEmpty())
                .forEach(store -> notes.append(notes.isEmpty() ? "" : "; ").append(store.note()));
        return notes.toString();
    }

    /// Returns the counters of a program's output; null if none of it is kept.
    public PageData.@Nullable Log figures(String program) {
        PageData.Log sum = null;
        for (BufferedLogTarget store : stores()) {
            if (store.program().equals(program)) {
                sum = store.figures(sum);
            }
        }
        return sum;
    }

    /// Another manager is about to go on with the pipes.
    public void part() {
        writerThreads.await(Clock.now().plus(PARTING));
        stores().forEach(BufferedLogTarget::part);
    }

    /// Moves what is still there, as far as it can be; what others hold up, for two seconds.
    public void close() {
        Moment end = Clock.now().plus(CLOSING);
        boolean more = true;
        while (more) {
            more = false;
            for (OutputPipe pipe : pipes()) {
                pipe.drain(true);
                more |=
                        pipe.waits()
                                && pipe.sink() instanceof OffLoopLogFile aside
                                && aside.atWork();
            }
            writerThreads.await(end);
            more &= !end.reached(Clock.now());
        }
        for (OutputPipe pipe : pipes()) {
            pipe.close();
            if (pipe.sink() instanceof PassThroughTarget stream) {
                stream.close();
            }
        }
        stores().forEach(BufferedLogTarget::close);
        writerThreads.await(Clock.now().plus(PARTING));
        writerThreads.close();
        eventLoop.forget(poll.descriptor());
        poll.close();
    }

    // ---- what pipes and files work with

    int[] glass() {
        return glass;
    }

    int nothing() {
        return nothing;
    }

    /// Returns the content of a pipe that was peeked at; valid until the next peek.
    @Override
    public ByteBuffer window() {
        return window;
    }

    /// Enough to empty a full pipe, also of one that a worker goes on writing to.
    int mostMoves() {
        return MAX_MOVES;
    }

    @Override
    public boolean moves() {
        return true;
    }

    @Override
    public void reopened(Path file) {
        reopened.add(file);
    }

    /// A file that somebody else put there may be in others' reach: it goes on beside the loop.
    private void moveAside() {
        for (Path path : List.copyOf(reopened)) {
            ManagedLogFile before = files.get(path);
            if (before instanceof LogFile here && SafePath.reach(path) != null) {
                files.remove(path);
                moveAside(here);
            }
        }
        reopened.clear();
    }

    private void moveAside(LogFile before) {
        for (OutputPipe pipe : pipes()) {
            if (pipe.sink() != before) {
                continue;
            }
            try {
                ManagedLogFile after = file(before.program(), before.path(), before.spec(), false);
                pipe.redirect(after, pipe.prefix());
                after.use();
                leave(before);
            } catch (PosixException e) {
                error(pipe.program(), "goes on in " + before.path() + ": " + e.getMessage());
            }
        }
    }

    @Override
    public int holder() {
        return 0;
    }

    @Override
    public void drop(OutputPipe from, int length) {
        OutputPipes.drop(from.fd(), nothing, length);
    }

    @Override
    public LinePrefix dress() {
        LinePrefix known = dress;
        if (known == null) {
            known = new LinePrefix(ByteBuffer.allocateDirect(DRESSED));
            dress = known;
        }
        return known;
    }

    /// Room to work in.
    ByteBuffer dressed() {
        return dress().text();
    }

    @Override
    public int mayHold(int own) {
        int all = 0;
        for (BufferedLogTarget store : stores()) {
            all += store.heldRoom();
        }
        return Math.clamp(MAX_HELD_TOGETHER - (all - own), MIN_HELD, MAX_HELD);
    }

    @Override
    public void tidy(Path file, LogsSpec.Kept spec, @Nullable Path spared) {
        logRotator.tidy(file, spec, spared);
        String complaint = logRotator.complaint();
        if (complaint != null) {
            told.tell(LogSpec.Level.WARN, "", complaint);
        }
    }

    @Override
    public void warn(String program, String message) {
        told.tell(LogSpec.Level.WARN, program, message);
    }

    @Override
    public void error(String program, String message) {
        told.tell(LogSpec.Level.ERROR, program, message);
    }
}
