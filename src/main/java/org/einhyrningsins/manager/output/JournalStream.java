// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LineEnds;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.UnixDatagramSender;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/// The lines of one program on their way to systemd-journald: an entry for each, as a datagram of
/// its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), in the name of the worker where the
/// manager may do that.
///
/// A journald that is only busy makes workers wait in their pipes for up to [#PATIENCE]. One that
/// is away, or takes nothing for longer, holds nobody up: then the newest entries wait in memory,
/// and the others are lost and counted. First sent, then taken out of the pipe: whoever is killed
/// meanwhile has lost nothing, but may send it twice.
final class JournalStream implements BufferedLogTarget {
    static final Path SOCKET = Path.of("/run/systemd/journal/socket");

    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration SOON = Duration.ofMillis(10);
    private static final int INFO = 6;

    /// Memory of a waiting entry besides its bytes.
    private static final int OVERHEAD = 64;

    private final LoopWriterContext context;
    private final String program;
    private final Path socket;
    private final UnixDatagramSender unixDatagramSender;
    private final byte[] names;
    private final Deque<Entry> backlog = new ArrayDeque<>();
    private int backlogMemory;
    private int users;
    private @Nullable Moment fullSince;
    private @Nullable Moment retryAt;
    private boolean catchingUp;
    private String trouble = "";
    private final LostLines lost = new LostLines();

    /// Entry that waits.
    ///
    /// @param text of the message, in bytes
    private record Entry(ByteBuffer datagram, int text, @Nullable PeerCredentials writer) {
        int room() {
            return datagram.capacity() + OVERHEAD;
        }
    }

    JournalStream(LoopWriterContext context, String program, Path socket) {
        this.context = context;
        this.program = program;
        this.socket = socket;
        this.unixDatagramSender = new UnixDatagramSender(socket.toString());
        String names =
                "SYSLOG_IDENTIFIER=" + program + "\nEINHYRNINGSINS_PROGRAM=" + program + "\n";
        this.names = names.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String program() {
        return program;
    }

    @Override
    public void acquire() {
        users++;
    }

    @Override
    public boolean release() {
        users--;
        return isUnused();
    }

    @Override
    public boolean isUnused() {
        return users <= 0 && backlog.isEmpty();
    }

    @Override
    public @Nullable Moment retryAt() {
        return retryAt;
    }

    // ---- taking lines

    @Override
    public boolean take(OutputPipe from, int length) {
        if (catchingUp) { // it takes something again: what waits goes first, and is not pushed out
            return false;
        }
        int done = 0;
        try {
            while (done < length && trouble.isEmpty()) {
                int end = LineEnds.first(context.lines(), done, length);
                if (!sendLine(from, done, end)) {
                    break;
                }
                done = end;
            }
        } catch (PosixException e) {
            failed(Errno.describe(e.number()));
        }
        if (!trouble.isEmpty()) {
            addToBacklog(from, done, length);
            done = length;
        }
        context.drop(from, done);
        return done > 0;
    }

    /// @return false if it is full, but not for long
    private boolean sendLine(OutputPipe from, int at, int end) {
        int length = entry(from, at, end);
        if (length == 0 || trySend(length, end - at, from.writer())) {
            fullSince = null;
            return true;
        }
        Moment now = Clock.now();
        Moment since = fullSince == null ? now : fullSince;
        fullSince = since;
        if (since.plus(PATIENCE).reached(now)) {
            failed("it takes nothing");
        }
        return false;
    }

    /// Brings it there, or loses it if it is larger than the machine lets a datagram be.
    private boolean trySend(int length, int text, @Nullable PeerCredentials writer) {
        try {
            return unixDatagramSender.send(context.composed(), length, writer);
        } catch (PosixException e) {
            if (e.errno() != Errno.EMSGSIZE) {
                throw e;
            }
            countLost(text);
            return true;
        }
    }

    private void countLost(int text) {
        lost.add(1, text);
    }

    /// Puts an entry for a line into the buffer of composed text. An empty line is none, as
    /// journald has it.
    ///
    /// @return its length; 0 for none
    private int entry(OutputPipe from, int at, int end) {
        ByteBuffer line = context.lines().duplicate().limit(end).position(at);
        if (line.get(end - 1) == '\n') {
            line.limit(end - 1);
        }
        int priority = priority(line);
        if (!line.hasRemaining()) {
            return 0;
        }
        ByteBuffer into = context.composed().duplicate().clear().order(ByteOrder.LITTLE_ENDIAN);
        into.put(ascii("MESSAGE\n")).putLong(line.remaining()).put(line).put((byte) '\n');
        into.put(names);
        into.put(ascii("EINHYRNINGSINS_SLOT=" + from.slot() + "\nPRIORITY=" + priority));
        into.put(ascii("\nSYSLOG_PID=" + from.pid() + "\n"));
        return into.position();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /// Takes a level from the beginning of a line, as in `<3>`; see sd-daemon(3).
    private static int priority(ByteBuffer line) {
        int at = line.position();
        boolean tagged = line.remaining() >= 3 && line.get(at) == '<' && line.get(at + 2) == '>';
        int level = tagged ? line.get(at + 1) - '0' : -1;
        if (level < 0 || level > 7) {
            return INFO;
        }
        line.position(at + 3);
        return level;
    }

    // ---- when it takes nothing

    private void failed(String why) {
        trouble = why;
        retryAt = Clock.now().plus(RETRY);
        context.error(
                program,
                "cannot write to the journal at "
                        + socket
                        + ": "
                        + why
                        + "; the newest "
                        + LineBacklog.MAX_BYTES / 1024
                        + " KiB wait in memory, and it tries again every second");
    }

    private void addToBacklog(OutputPipe from, int begin, int length) {
        int at = begin;
        while (at < length) {
            int end = LineEnds.first(context.lines(), at, length);
            int size = entry(from, at, end);
            if (size > 0) {
                ByteBuffer datagram = ByteBuffer.allocate(size);
                datagram.put(0, context.composed(), 0, size);
                add(new Entry(datagram, end - at, from.writer()));
            }
            at = end;
        }
    }

    private void add(Entry entry) {
        backlog.addLast(entry);
        backlogMemory += entry.room();
        int most = context.maxBacklog(backlogMemory);
        while (backlogMemory > most) {
            countLost(forgetOldest().text());
        }
    }

    private Entry forgetOldest() {
        Entry oldest = backlog.removeFirst();
        backlogMemory -= oldest.room();
        return oldest;
    }

    @Override
    public void retry() {
        boolean progress = false;
        try {
            while (!backlog.isEmpty() && sendLine(backlog.getFirst())) {
                forgetOldest();
                progress = true;
            }
        } catch (PosixException e) {
            trouble = Errno.describe(e.number());
            progress = false;
        }
        catchingUp = progress;
        retryAt = Clock.now().plus(progress ? SOON : RETRY);
        if (backlog.isEmpty()) {
            recovered();
        }
    }

    private boolean sendLine(Entry entry) {
        int length = entry.datagram().capacity();
        context.composed().put(0, entry.datagram(), 0, length);
        return trySend(length, entry.text(), entry.writer());
    }

    private void recovered() {
        retryAt = null;
        catchingUp = false;
        fullSince = null;
        trouble = "";
        String meanwhile =
                lost.hasUnreported()
                        ? "lost meanwhile: " + lost.describeUnreported()
                        : "nothing was lost";
        lost.markReported();
        context.warn(program, "writes to the journal again; " + meanwhile);
    }

    @Override
    public String problem() {
        String sum = lost.describe();
        if (trouble.isEmpty()) {
            return sum;
        }
        String now = "cannot write to the journal: " + trouble;
        return sum.isEmpty() ? now : now + "; " + sum;
    }

    @Override
    public PageData.Log counters(PageData.@Nullable Log others) {
        return new PageData.Log(0, lost.lines(), lost.bytes()).plus(others);
    }

    @Override
    public void prepareHandover() {
        if (!backlog.isEmpty()) {
            retry();
        }
        if (!backlog.isEmpty()) {
            int lines = backlog.size();
            String all =
                    BufferedLogTarget.lost(lines, backlog.stream().mapToLong(Entry::text).sum());
            context.error(program, "what waits for the journal is not handed on: lost " + all);
        }
    }

    @Override
    public int backlogMemory() {
        return backlogMemory;
    }

    @Override
    public void close() {
        if (!backlog.isEmpty()) {
            retry();
        }
        while (!backlog.isEmpty()) {
            countLost(forgetOldest().text());
        }
        if (lost.hasUnreported()) {
            String all = lost.describeUnreported();
            context.error(program, "the journal took nothing to the end: lost " + all);
        }
        retryAt = null;
        unixDatagramSender.close();
    }
}
