// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
public final class OutputPump {
    private static final int MAX_EVENTS = 16;

    /// Number of moves that empty a full pipe, also one that a worker goes on writing to.
    static final int MAX_MOVES = 64;

    private static final Duration TURN = Duration.ofMillis(1);
    private static final Duration FIRST_RETRY = Duration.ofMillis(10);
    private static final int MAX_DOUBLINGS = 6;

    /// Maximum time that others may delay the end of a manager.
    private static final Duration MAX_CLOSING = Duration.ofSeconds(2);

    /// Maximum time that others may delay a re-exec.
    private static final Duration MAX_HANDOVER = Duration.ofMillis(100);

    private final EventLoop eventLoop;
    private final Poll poll = Poll.open(MAX_EVENTS);
    private final Map<Long, OutputPipe> pipes = new LinkedHashMap<>();
    private final Map<OutputPipe, Long> tokens = new HashMap<>();

    /// Pipes whose target takes nothing now, and when that is tried again.
    private final Map<Long, Moment> stuck = new HashMap<>(0);

    private final LogTargets targets;
    private long lastToken;

    /// Receiver of messages.
    public interface MessageLog {
        void log(LogSpec.Level level, String program, String message);
    }

    public OutputPump(EventLoop eventLoop, LogWriterThreads threads, MessageLog messages) {
        this.eventLoop = eventLoop;
        this.targets = new LogTargets(messages, threads, this::resume);
        eventLoop.watch(poll.descriptor(), Poll.IN, events -> turn());
    }

    // ---- new pipes, and those of another manager

    /// A new pipe for a worker, and what becomes the worker's end of it.
    ///
    /// @param worker to be closed once it is spawned
    public record Outlet(OutputPipe pipe, int worker) {}

    /// Makes a pipe for a worker that is about to be spawned.
    ///
    /// @param others whether the file may still be written by workers themselves
    public Outlet open(
            String program,
            int slot,
            LogsSpec.Kept spec,
            @Nullable Credentials owner,
            boolean others) {
        ManagedLogFile file = targets.file(program, slot, spec, others);
        OutputPipes.Outlet outlet = OutputPipes.outlet(owner);
        return new Outlet(
                watch(program, slot, spec.prefix(), file, outlet.reader()), outlet.worker());
    }

    /// Makes a pipe for a worker that is about to be spawned, whose lines go to the journal.
    public Outlet openJournal(String program, int slot, @Nullable Credentials owner) {
        OutputPipes.Outlet outlet = OutputPipes.outlet(owner);
        return new Outlet(
                watch(program, slot, List.of(), targets.journal(program), outlet.reader()),
                outlet.worker());
    }

    /// Makes a pipe for a worker that is about to be spawned, whose lines are passed on as they
    /// are.
    public Outlet openPassThrough(
            String program, int slot, Stream to, @Nullable Credentials owner) {
        try {
            OutputPipes.Outlet outlet = OutputPipes.outlet(owner);
            return new Outlet(
                    adoptPassThrough(program, slot, to, outlet.reader()), outlet.worker());
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

    /// Goes on with the pipe of a worker that was spawned by another manager: one whose descriptor
    /// came over a re-exec, or one that [OutputPipes#reopen] opened again.
    public OutputPipe adopt(String program, int slot, int pid, LogsSpec.Kept spec, int reader) {
        ManagedLogFile file = targets.file(program, slot, spec, false);
        OutputPipe pipe = watch(program, slot, spec.prefix(), file, reader);
        pipe.spawned(pid);
        return pipe;
    }

    /// Adopts a pipe whose lines go to the journal.
    public OutputPipe adoptJournal(String program, int slot, int pid, int reader) {
        OutputPipe pipe = watch(program, slot, List.of(), targets.journal(program), reader);
        pipe.spawned(pid);
        return pipe;
    }

    /// Adopts a pipe whose lines are passed on.
    public OutputPipe adoptPassThrough(String program, int slot, Stream to, int reader) {
        LineSink sink = new PassThroughTarget(targets.context(), to);
        return watch(program, slot, List.of(), sink, reader);
    }

    private OutputPipe watch(
            String program, int slot, List<LogsSpec.Word> prefix, LineSink sink, int reader) {
        OutputPipe pipe = new OutputPipe(this, program, slot, reader, prefix, sink);
        long token = ++lastToken;
        poll.add(reader, Poll.IN | Poll.EDGE, token);
        pipes.put(token, pipe);
        tokens.put(pipe, token);
        if (sink instanceof BufferedLogTarget target) {
            target.acquire();
        }
        return pipe;
    }

    /// Returns all pipes.
    List<OutputPipe> pipes() {
        return List.copyOf(pipes.values());
    }

    /// Applies a changed definition of a program: what its workers write from now on goes where it
    /// says.
    public void reconfigure(ProgramSpec spec) {
        if (!(spec.logs() instanceof LogsSpec.Kept kept)) {
            return;
        }
        for (OutputPipe pipe : pipes.values()) {
            if (pipe.program().equals(spec.name())) {
                targets.redirect(pipe, kept);
            }
        }
    }

    LogTargets targets() {
        return targets;
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
        targets.moveOffLoop(pipes.values());
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
                case MORE -> pollAgain(token, pipe);
                case STUCK -> stuck.put(token, Clock.now().plus(pause(pipe.tries())));
                case ENDED -> end(token, pipe);
            }
        } catch (PosixException e) {
            readFailed(pipe, e);
            end(token, pipe);
        }
    }

    private void pollAgain(long token, OutputPipe pipe) {
        poll.modify(pipe.fd(), Poll.IN | Poll.EDGE, token);
    }

    /// 10 ms at first, and at most 640.
    private static Duration pause(int tries) {
        return FIRST_RETRY.multipliedBy(1L << Math.clamp(tries - 1, 0, MAX_DOUBLINGS));
    }

    /// Goes on with a pipe whose target takes something again.
    private void resume(OutputPipe pipe) {
        pipe.setWaits(false);
        Long token = pipe.ended() ? null : tokens.get(pipe);
        if (token != null) {
            pollAgain(token, pipe);
        }
    }

    private void end(long token, OutputPipe pipe) {
        pipes.remove(token);
        tokens.remove(pipe);
        stuck.remove(token);
        poll.remove(pipe.fd());
        pipe.close();
        switch (pipe.sink()) {
            case BufferedLogTarget target -> targets.release(target);
            case PassThroughTarget stream -> stream.close();
        }
    }

    /// Closes the pipe of a worker that was not spawned after all.
    public void discard(OutputPipe pipe) {
        Long token = tokens.get(pipe);
        if (token != null) {
            end(token, pipe);
        }
    }

    void readFailed(OutputPipe pipe, PosixException why) {
        targets.context()
                .error(pipe.program(), "its output is not read any more: " + why.getMessage());
    }

    /// Returns the time of its next call; null for none.
    public @Nullable Moment deadline() {
        Moment next = targets.retryAt();
        for (Moment again : stuck.values()) {
            next = Moment.earlier(next, again);
        }
        return next;
    }

    /// Tries again what could not be written.
    public void deadlinePassed(Moment now) {
        stuck.entrySet().removeIf(entry -> polledAgain(entry, now));
        targets.retry(now);
    }

    private boolean polledAgain(Map.Entry<Long, Moment> entry, Moment now) {
        OutputPipe pipe = pipes.get(entry.getKey());
        if (pipe != null && entry.getValue().reached(now)) {
            pollAgain(entry.getKey(), pipe);
        }
        return pipe == null || entry.getValue().reached(now);
    }

    /// Describes problems of a program's output; empty for none.
    public String problems(String program) {
        return targets.problems(program);
    }

    /// Returns the counters of a program's output; null if none of it is kept.
    public PageData.@Nullable Log counters(String program) {
        return targets.counters(program);
    }

    // ---- the end

    /// Writes what can be written before another manager goes on with the pipes.
    public void prepareHandover() {
        targets.writerThreads().await(Clock.now().plus(MAX_HANDOVER));
        targets.prepareHandover();
    }

    /// Moves what is still there, as far as it can be; what others hold up, for two seconds.
    public void close() {
        LogWriterThreads threads = targets.writerThreads();
        Moment end = Clock.now().plus(MAX_CLOSING);
        boolean more = true;
        while (more) {
            more = false;
            for (OutputPipe pipe : pipes()) {
                pipe.drain(true);
                more |= pipe.targetIsBusy();
            }
            threads.await(end);
            more &= !end.reached(Clock.now());
        }
        for (OutputPipe pipe : pipes()) {
            pipe.close();
            if (pipe.sink() instanceof PassThroughTarget stream) {
                stream.close();
            }
        }
        targets.close();
        threads.await(Clock.now().plus(MAX_HANDOVER));
        threads.close();
        eventLoop.forget(poll.descriptor());
        poll.close();
    }
}
