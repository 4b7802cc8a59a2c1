// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.http;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.HttpRequest;
import org.einhyrningsins.manager.page.HttpResponse;
import org.einhyrningsins.manager.page.RenderedPage;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Connections;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

/// Connection to the HTTP listener: one request, one answer, the end. Each wait has a time limit.
final class HttpConnection {
    /// For the whole head, however its bytes come.
    private static final Duration MAX_REQUEST_TIME = Duration.ofSeconds(5);

    /// For a page to be made.
    private static final Duration MAX_RENDER_TIME = Duration.ofSeconds(30);

    /// For the whole answer, however its bytes go.
    private static final Duration MAX_RESPONSE_TIME = Duration.ofSeconds(10);

    /// For it to close the connection after the answer: what it still writes is read, since a
    /// connection that is closed over unread bytes is reset, and the answer with it.
    private static final Duration MAX_LINGER_TIME = Duration.ofSeconds(1);

    private static final int FIRST_ROOM = 512;

    private enum State {
        READING,
        WAITING,
        WRITING,
        LINGERING
    }

    private final EventLoop eventLoop;
    private final int fd;
    private final RequestHandler served;
    private State state = State.READING;
    private Moment deadline = Clock.now().plus(MAX_REQUEST_TIME);
    private byte[] head = new byte[FIRST_ROOM];
    private int length;
    private boolean wantsBody = true;
    private ByteBuffer[] answer = {};
    private @Nullable RenderedPage renderedPage;
    private boolean closed;

    /// Listener that answers the request, and learns when the connection is gone.
    interface RequestHandler {
        /// Handles a request, to be answered now or later by [HttpConnection#answer].
        void requested(HttpConnection client, HttpRequest httpRequest);

        void closed(HttpConnection client);
    }

    HttpConnection(EventLoop eventLoop, int fd, ByteBuffer buffer, RequestHandler served) {
        this.eventLoop = eventLoop;
        this.fd = fd;
        this.served = served;
        eventLoop.watch(fd, Poll.IN, events -> ready(events, buffer));
    }

    Moment deadline() {
        return deadline;
    }

    /// True if nothing is owed to the client: it has not asked yet, or has its answer.
    boolean idle() {
        return state == State.READING || state == State.LINGERING;
    }

    /// The page it has not taken yet; null if there is none.
    @Nullable RenderedPage unwrittenBytes() {
        return renderedPage;
    }

    // ---- events

    private void ready(int events, ByteBuffer buffer) {
        if ((events & Poll.ERR) != 0) {
            close();
            return;
        }
        try {
            switch (state) {
                case READING -> read(buffer);
                case WAITING -> close(); // it was not watched for anything but its end
                case WRITING -> write();
                case LINGERING -> drop(buffer);
            }
        } catch (PosixException reset) {
            close();
        }
    }

    private void read(ByteBuffer buffer) {
        buffer.clear().limit(Math.min(HttpRequest.MAX_LENGTH, buffer.capacity()));
        int count = Connections.read(fd, buffer);
        if (count == 0) {
            close();
        } else if (count > 0) {
            take(buffer.flip());
        }
    }

    /// Takes bytes of the head; the rest of a head that is too long is ignored.
    private void take(ByteBuffer bytes) {
        int room = Math.min(bytes.remaining(), HttpRequest.MAX_LENGTH + 1 - length);
        if (length + room > head.length) {
            int doubled = Math.max(length + room, 2 * head.length);
            head = Arrays.copyOf(head, Math.min(doubled, HttpRequest.MAX_LENGTH + 1));
        }
        bytes.get(head, length, room);
        length += room;
        if (length > HttpRequest.MAX_LENGTH) {
            answer(
                    HttpResponse.text(
                            431, "the head is longer than " + HttpRequest.MAX_LENGTH + " bytes"));
        } else if (HttpRequest.complete(head, length)) {
            parse();
        }
    }

    private void parse() {
        try {
            HttpRequest httpRequest = HttpRequest.read(head, length);
            wantsBody = !httpRequest.method().equals("HEAD");
            state = State.WAITING;
            deadline = Clock.now().plus(MAX_RENDER_TIME);
            eventLoop.change(fd, 0);
            served.requested(this, httpRequest);
        } catch (HttpRequest.Refused e) {
            answer(HttpResponse.text(e.status(), String.valueOf(e.getMessage())));
        }
    }

    /// Sends the answer.
    void answer(RenderedPage given) {
        if (closed || state == State.WRITING || state == State.LINGERING) {
            return; // it was told already that its time was over
        }
        head = new byte[0];
        byte[] first = HttpResponse.head(given.status(), given.type(), given.body().length);
        answer =
                wantsBody
                        ? new ByteBuffer[] {ByteBuffer.wrap(first), ByteBuffer.wrap(given.body())}
                        : new ByteBuffer[] {ByteBuffer.wrap(first)};
        renderedPage = given;
        state = State.WRITING;
        deadline = Clock.now().plus(MAX_RESPONSE_TIME);
        eventLoop.change(fd, Poll.OUT);
        try {
            write();
        } catch (PosixException reset) {
            close();
        }
    }

    private void write() {
        for (ByteBuffer part : answer) {
            while (part.hasRemaining()) {
                if (Descriptors.write(fd, part) < 0) {
                    return;
                }
            }
        }
        linger();
    }

    private void linger() {
        renderedPage = null;
        answer = new ByteBuffer[0];
        state = State.LINGERING;
        deadline = Clock.now().plus(MAX_LINGER_TIME);
        Connections.endWriting(fd);
        eventLoop.change(fd, Poll.IN);
    }

    private void drop(ByteBuffer buffer) {
        buffer.clear();
        if (Connections.read(fd, buffer) == 0) {
            close();
        }
    }

    /// Ends the connection at its deadline.
    void expire() {
        switch (state) {
            case READING -> answer(HttpResponse.text(408, "no request came in time"));
            case WAITING -> answer(HttpResponse.text(503, "the page was not ready in time"));
            case WRITING, LINGERING -> close();
        }
    }

    void close() {
        if (!closed) {
            closed = true;
            renderedPage = null;
            answer = new ByteBuffer[0];
            eventLoop.forget(fd);
            Connections.hangUp(fd);
            served.closed(this);
        }
    }
}
