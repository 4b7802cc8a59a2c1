// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.http;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.AllowedHosts;
import org.einhyrningsins.manager.page.HttpRequest;
import org.einhyrningsins.manager.page.HttpResponse;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.page.Pages;
import org.einhyrningsins.manager.page.RenderedPage;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.NonBlockingFiles;
import org.einhyrningsins.manager.runtime.SocketAcceptor;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Connections;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;
import java.util.concurrent.ThreadFactory;

/// Metrics and the status page, for whoever can connect to the listener: so clients may be enemies,
/// and none of them may cost the manager anything. Their number, what they hold and how long they
/// take are bounded; when there are too many, the one that came first has to go.
public final class HttpServer implements HttpConnection.RequestHandler {
    static final int MAX_CLIENTS = 64;

    /// Maximum bytes of pages not taken, each counted once however many clients it is for.
    private static final int MAX_HELD = 4 * 1024 * 1024;

    private static final List<String> PATHS =
            List.of("/", "/metrics", "/status.json", "/healthz", "/readyz");

    private final EventLoop eventLoop;
    private final int listener;
    private final ByteBuffer buffer;
    private final DataSource data;
    private final PageRenderer pageRenderer;

    /// Host names that requests may have; null where that does not matter: browsers know no UNIX
    /// sockets.
    private @Nullable Names names;

    /// Connections in the order in which they came.
    private final SequencedSet<HttpConnection> clients = new LinkedHashSet<>();

    /// Clients that wait for a page that is not being rendered yet, and those that wait for one
    /// that is.
    private final Map<HttpConnection, Pages> next = new LinkedHashMap<>();

    private Map<HttpConnection, Pages> current = new LinkedHashMap<>();

    /// Source of the pages' data.
    public interface DataSource {
        /// Returns the present state.
        PageData snapshot();

        /// Returns the reasons why not all is up that is meant to be, a line for each; empty if all
        /// is.
        List<String> unready();
    }

    /// @throws PosixException if the kernel has no descriptors for it; nothing is left open then
    HttpServer(EventLoop eventLoop, int listener, ByteBuffer buffer, DataSource sight) {
        this(eventLoop, listener, buffer, sight, PageRenderer.THREADS);
    }

    HttpServer(
            EventLoop eventLoop,
            int listener,
            ByteBuffer buffer,
            DataSource sight,
            ThreadFactory threads) {
        this.eventLoop = eventLoop;
        this.listener = listener;
        this.buffer = buffer;
        this.data = sight;
        Connections.refuseDescriptors(listener);
        this.pageRenderer = new PageRenderer(eventLoop, threads, this::made);
        try {
            eventLoop.watch(listener, Poll.IN, events -> accept());
        } catch (PosixException e) {
            pageRenderer.close();
            throw e;
        }
        pageRenderer.precompute();
    }

    private void accept() {
        int fd = SocketAcceptor.accept(listener);
        if (fd < 0) {
            return;
        }
        if (clients.size() >= MAX_CLIENTS) {
            evictOne();
        }
        try {
            clients.add(new HttpConnection(eventLoop, fd, buffer, this));
        } catch (PosixException e) {
            Descriptors.close(fd);
        }
    }

    private void evictOne() {
        for (HttpConnection client : clients) {
            if (client.idle()) {
                client.close();
                return;
            }
        }
        clients.getFirst().close();
    }

    /// Sets the names that requests may be sent to; null for any.
    void answerTo(@Nullable List<String> hosts) {
        names = hosts == null ? null : new Names(hosts);
    }

    /// The names of the machine, which may get others: they are looked up again when one is not
    /// known, and not more often than this.
    private static final class Names {
        private static final Duration AGAIN = Duration.ofSeconds(5);
        private static final int MAX_BYTES = 64 * 1024;
        private final List<String> hosts;
        private AllowedHosts known;
        private Moment fresh = Clock.now().plus(AGAIN);

        Names(List<String> hosts) {
            this.hosts = hosts;
            this.known = look();
        }

        private AllowedHosts look() {
            return new AllowedHosts(hosts, Names::text);
        }

        private static String text(String file) throws IOException {
            byte[] bytes = new NonBlockingFiles().read(Path.of(file), MAX_BYTES);
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }

        boolean has(String host) {
            if (!known.has(host) && fresh.reached(Clock.now())) {
                known = look();
                fresh = Clock.now().plus(AGAIN);
            }
            return known.has(host);
        }
    }

    // ---- what is asked

    @Override
    public void requested(HttpConnection client, HttpRequest httpRequest) {
        Pages page = Pages.of(httpRequest);
        if (names != null && !names.has(httpRequest.host())) {
            client.answer(HttpResponse.text(421, unknownHost(httpRequest.host())));
        } else if (!PATHS.contains(httpRequest.path())) {
            String there = String.join(", ", PATHS);
            client.answer(HttpResponse.text(404, "there is no such page; there are " + there));
        } else if (!httpRequest.method().equals("GET") && !httpRequest.method().equals("HEAD")) {
            client.answer(
                    HttpResponse.text(405, "pages are read with GET or HEAD; nothing else is"));
        } else if (page != null) {
            next.put(client, page);
            begin();
        } else if (httpRequest.path().equals("/healthz")) {
            client.answer(HttpResponse.text(200, "the manager's loop turns"));
        } else {
            client.answer(readiness());
        }
    }

    private static String unknownHost(String host) {
        String name = host.replaceAll("[^A-Za-z0-9._:-]", "?");
        return "this machine is not known as "
                + name.substring(0, Math.min(name.length(), 255))
                + "; ask by its address or name, or add the name to http.allowed-hosts";
    }

    private RenderedPage readiness() {
        List<String> reasons = data.unready();
        return reasons.isEmpty()
                ? HttpResponse.text(200, "all that is meant to be up is up")
                : HttpResponse.text(503, String.join("\n", reasons));
    }

    private void begin() {
        if (!pageRenderer.working() && !next.isEmpty()) {
            current = new LinkedHashMap<>(next);
            next.clear();
            if (!pageRenderer.begin(EnumSet.copyOf(current.values()), data.snapshot())) {
                refuse();
            }
        }
    }

    private void refuse() {
        RenderedPage why =
                HttpResponse.text(503, "the manager may start no thread now to make the page");
        List<HttpConnection> waited = List.copyOf(current.keySet());
        current.clear();
        waited.forEach(client -> client.answer(why));
    }

    /// Sends the pages; clients that asked meanwhile get the state as of now in another round.
    private void made(Map<Pages, RenderedPage> pages) {
        Map<HttpConnection, Pages> waited = current;
        current = new LinkedHashMap<>();
        waited.forEach(
                (client, which) -> {
                    RenderedPage renderedPage = pages.get(which);
                    if (renderedPage != null) {
                        client.answer(renderedPage);
                    }
                });
        enforceMemoryLimit();
        begin();
    }

    /// Closes connections when pages not taken yet hold too much memory; the eldest first, since
    /// they had the most time.
    private void enforceMemoryLimit() {
        Set<RenderedPage> held = Collections.newSetFromMap(new IdentityHashMap<>());
        long bytes = 0;
        for (HttpConnection client : new ArrayList<>(clients.reversed())) {
            RenderedPage renderedPage = client.unwrittenBytes();
            if (renderedPage != null && held.add(renderedPage)) {
                bytes += renderedPage.body().length;
            }
            if (renderedPage != null && bytes > MAX_HELD && held.size() > 1) {
                client.close();
            }
        }
    }

    @Override
    public void closed(HttpConnection client) {
        clients.remove(client);
        next.remove(client);
        current.remove(client);
    }

    // ---- time

    /// Returns the time of its next call; null for none.
    @Nullable Moment deadline() {
        Moment earliest = null;
        for (HttpConnection client : clients) {
            earliest = Moment.earlier(earliest, client.deadline());
        }
        return earliest;
    }

    void deadlinePassed(Moment now) {
        for (HttpConnection client : new ArrayList<>(clients)) {
            if (client.deadline().reached(now)) {
                client.expire();
            }
        }
    }

    /// Leaves the listener to whoever opened it.
    void close() {
        new ArrayList<>(clients).forEach(HttpConnection::close);
        eventLoop.forget(listener);
        pageRenderer.close();
    }
}
