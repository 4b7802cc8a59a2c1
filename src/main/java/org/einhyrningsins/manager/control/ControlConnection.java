// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.control.report.EventReport;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.LineBuffer;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.FactTimes;
import org.einhyrningsins.manager.runtime.LineEnds;
import org.einhyrningsins.manager.snapshot.ConditionWaitSnapshot;
import org.einhyrningsins.manager.snapshot.ControlConnectionSnapshot;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.spec.fact.Fact;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/// Client at the control socket. Its requests come as lines; its replies wait here until it takes
/// them. One that never reads costs at most its bound, and then its connection.
public final class ControlConnection implements ClientQuota.Member {
    private static final int MAX_WAITING = 1024 * 1024;
    private static final int MAX_CONDITIONS = 64;

    /// Read at once: a client that writes without end lets the others have their turns.
    private static final int MAX_READ = 8 * 1024;

    /// Maximum length of a request's line, as in [LineBuffer].
    private static final int MAX_LINE_LENGTH = 64 * 1024;

    private final EventLoop eventLoop;
    private final int fd;
    private final PeerCredentials peerCredentials;
    private final LineBuffer lineBuffer = new LineBuffer();
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private final CloseListener onClose;
    private int waitingBytes;
    private int unfinishedBytes;
    private int conversations;
    private @Nullable Set<Integer> groups;
    private @Nullable JsonId follows;
    private Set<String> followed = Set.of();
    private boolean followsFacts;
    private final List<ConditionWaitSnapshot> conditions = new ArrayList<>();
    private boolean closed;

    /// Listener for the end of a connection, whoever closed it.
    interface CloseListener {
        void closed(ControlConnection client);
    }

    ControlConnection(EventLoop eventLoop, int fd, CloseListener gone) {
        this.eventLoop = eventLoop;
        this.fd = fd;
        this.onClose = gone;
        this.peerCredentials = Connections.peer(fd);
    }

    /// Goes on where another manager stopped.
    ControlConnection(EventLoop eventLoop, ControlConnectionSnapshot image, CloseListener gone) {
        this(eventLoop, image.fd(), gone);
        follows = image.follows();
        followed = image.followed();
        followsFacts = Boolean.TRUE.equals(image.followsFacts());
        conditions.addAll(image.waits() == null ? List.of() : image.waits());
        lineBuffer.feed(
                ByteBuffer.wrap(image.partialLine().getBytes(StandardCharsets.ISO_8859_1)), NOBODY);
        unfinishedBytes = image.partialLine().length();
        if (!image.unsentReplies().isEmpty()) {
            waiting.add(
                    ByteBuffer.wrap(image.unsentReplies().getBytes(StandardCharsets.ISO_8859_1)));
            waitingBytes = image.unsentReplies().length();
        }
    }

    /// Returns the snapshot of the connection.
    ControlConnectionSnapshot image() {
        StringBuilder untaken = new StringBuilder();
        for (ByteBuffer reply : waiting) {
            untaken.append(StandardCharsets.ISO_8859_1.decode(reply.duplicate()));
        }
        String begun = new String(lineBuffer.unfinishedLine(), StandardCharsets.ISO_8859_1);
        return new ControlConnectionSnapshot(
                fd,
                follows,
                followed,
                begun,
                untaken.toString(),
                conditions.isEmpty() ? null : List.copyOf(conditions),
                followsFacts ? true : null);
    }

    /// Half a line is none.
    private static final LineBuffer.Taker NOBODY =
            new LineBuffer.Taker() {
                @Override
                public void line(byte[] line) {}

                @Override
                public void tooLong(int bound) {}
            };

    int fd() {
        return fd;
    }

    /// Returns the events that it is to be watched for.
    int interest() {
        return waiting.isEmpty() ? Poll.IN : Poll.IN | Poll.OUT;
    }

    public PeerCredentials peer() {
        return peerCredentials;
    }

    @Override
    public int uid() {
        return peerCredentials.uid();
    }

    /// Returns its groups besides the one in [#peer()], as of when it connected.
    public Set<Integer> groups() {
        Set<Integer> known = groups;
        if (known == null) {
            known = closed ? Set.of() : Connections.peerGroups(fd);
            groups = known;
        }
        return known;
    }

    public boolean closed() {
        return closed;
    }

    /// A request of it is being carried out, and will be answered.
    void begin() {
        conversations++;
    }

    /// A request of it has been answered.
    void end() {
        conversations--;
    }

    @Override
    public boolean awaitsOutcome() {
        return conversations > 0;
    }

    @Override
    public boolean idle() {
        return conversations == 0 && follows == null && waiting.isEmpty() && conditions.isEmpty();
    }

    /// Replies it does not take, a line it does not end.
    @Override
    public int heldBytes() {
        return waitingBytes + unfinishedBytes;
    }

    /// Makes the client follow events.
    ///
    /// @param names names of programs to follow; empty for all
    /// @param facts true for facts with types and times, false for lines of text
    public void follow(JsonId request, Set<String> names, boolean facts) {
        follows = request;
        followsFacts = facts;
        followed = names;
    }

    /// Conditions that it waits for.
    public List<ConditionWaitSnapshot> conditions() {
        return List.copyOf(conditions);
    }

    /// Makes the client wait for a condition.
    ///
    /// @return false if it waits for too many already
    public boolean await(ConditionWaitSnapshot condition) {
        return conditions.size() < MAX_CONDITIONS && conditions.add(condition);
    }

    /// Answers a condition that it waits for.
    public void answerCondition(ConditionWaitSnapshot condition, ExitStatus code, String message) {
        if (conditions.remove(condition)) {
            send(ReplyWriter.done(condition.request(), code, message));
        }
    }

    /// Ends the following of events, and all waits.
    ///
    /// @param why the last message
    void unfollow(String why) {
        conditions().forEach(condition -> answerCondition(condition, ExitStatus.NOT_ALLOWED, why));
        JsonId request = follows;
        if (request != null) {
            follows = null;
            send(ReplyWriter.done(request, ExitStatus.NOT_ALLOWED, why));
        }
    }

    /// Tells it, if it wants to know.
    public void notifyFollower(String program, String message) {
        if (follows != null
                && !followsFacts
                && (followed.isEmpty() || followed.contains(program))) {
            send(ReplyWriter.progress(follows, message));
        }
    }

    /// Tells it a fact, if it follows facts.
    public void notifyFollower(Fact fact) {
        JsonId request = follows;
        if (request != null
                && followsFacts
                && (followed.isEmpty() || followed.contains(fact.program()))) {
            EventReport report = new EventReport(List.of(FactTimes.entry(fact)));
            send(ReplyWriter.progress(request, report.text(), report));
        }
    }

    /// Reads a line, or what there is of it: who asks for much at once lets the others, and those
    /// who die meanwhile, have their turns. The rest waits in the kernel.
    ///
    /// @return false when the client has gone
    boolean read(ByteBuffer buffer, LineBuffer.Taker taker) {
        buffer.clear().limit(Math.min(MAX_READ, buffer.capacity()));
        int count;
        try {
            int there = Connections.peek(fd, buffer);
            if (there <= 0) {
                return there < 0;
            }
            count = Descriptors.read(fd, buffer.clear().limit(oneLine(buffer, there)));
            if (count <= 0) {
                return count < 0;
            }
        } catch (PosixException reset) {
            return false;
        }
        byte[] own = new byte[count]; // what a line asks for may read others into the buffer
        buffer.flip().get(own);
        lineBuffer.feed(ByteBuffer.wrap(own), taker);
        unfinishedBytes =
                lineBuffer.insideLine() ? Math.min(unfinishedBytes + count, MAX_LINE_LENGTH) : 0;
        return true;
    }

    /// The length of the first line, with the empty ones before it, which say nothing.
    private static int oneLine(ByteBuffer bytes, int count) {
        int begin = 0;
        while (begin < count && bytes.get(begin) == '\n') {
            begin++;
        }
        return LineEnds.first(bytes, begin, count);
    }

    /// Sends a reply, now or when the client takes it. Whoever has taken all before gets it however
    /// long it is.
    public void send(byte[] reply) {
        if (closed) {
            return;
        }
        if (waitingBytes > 0 && waitingBytes + reply.length > MAX_WAITING) {
            close();
            return;
        }
        waiting.add(ByteBuffer.wrap(reply));
        waitingBytes += reply.length;
        flush();
    }

    /// Writes as much as the client takes.
    void flush() {
        try {
            while (!closed && !waiting.isEmpty()) {
                ByteBuffer first = waiting.getFirst();
                int count = Descriptors.write(fd, first);
                if (count < 0) {
                    break;
                }
                waitingBytes -= count;
                if (!first.hasRemaining()) {
                    waiting.removeFirst();
                }
            }
        } catch (PosixException reset) {
            close();
            return;
        }
        if (!closed) {
            eventLoop.change(fd, interest());
        }
    }

    void close() {
        if (!closed) {
            closed = true;
            eventLoop.forget(fd);
            Connections.hangUp(fd);
            waiting.clear();
            onClose.closed(this);
        }
    }
}
