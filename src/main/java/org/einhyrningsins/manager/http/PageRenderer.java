// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.http;

import org.einhyrningsins.manager.page.HttpRequest;
import org.einhyrningsins.manager.page.HttpResponse;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.page.Pages;
import org.einhyrningsins.manager.page.RenderedPage;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Niceness;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;

/// Makes pages on a thread of its own, which is there only while some are being made: for a
/// thousand workers that takes tens of milliseconds, in which the loop would see no death. One
/// thread at a time, and it steps back behind the manager and its workers, so that whoever asks
/// without end slows down himself.
final class PageRenderer implements AutoCloseable {
    /// Factory of its threads.
    static final ThreadFactory THREADS = Thread::new;

    private static final int NICE = 10;

    private final EventLoop eventLoop;
    private final ThreadFactory threads;
    private final int wakeReader;
    private final int wakeWriter;
    private final ByteBuffer wakeByte = ByteBuffer.allocateDirect(1);
    private final ByteBuffer wakeBytes = ByteBuffer.allocateDirect(1);
    private volatile @Nullable Map<Pages, RenderedPage> rendered;
    private boolean working;
    private boolean closed;

    /// Receiver of the pages.
    interface Reader {
        void made(Map<Pages, RenderedPage> pages);
    }

    PageRenderer(EventLoop eventLoop, ThreadFactory threads, Reader reader) {
        this.eventLoop = eventLoop;
        this.threads = threads;
        int[] pipe = Descriptors.raisedPipe();
        wakeReader = pipe[0];
        wakeWriter = pipe[1];
        try {
            eventLoop.watch(wakeReader, Poll.IN, events -> handOver(reader));
        } catch (PosixException e) {
            Descriptors.close(wakeReader);
            Descriptors.close(wakeWriter);
            throw e;
        }
    }

    /// True if it is rendering, and cannot begin another.
    boolean working() {
        return working;
    }

    /// Loads what the first request needs, which takes the loop's time otherwise.
    void precompute() {
        start(
                () -> {
                    HttpRequest.prepare();
                    return Map.of();
                });
    }

    /// Begins; the reader learns of it in the loop.
    ///
    /// @return false if there may be no more threads now
    boolean begin(Set<Pages> wanted, PageData pageData) {
        return start(() -> make(wanted, pageData));
    }

    private boolean start(Supplier<Map<Pages, RenderedPage>> work) {
        Thread thread = threads.newThread(() -> work(work));
        thread.setName("http scribe");
        thread.setDaemon(true);
        try {
            working = true;
            thread.start();
        } catch (OutOfMemoryError limit) { // TasksMax=, RLIMIT_NPROC, pids.max
            working = false;
        }
        return working;
    }

    /// Renders pages, on its own thread.
    private void work(Supplier<Map<Pages, RenderedPage>> work) {
        try {
            Niceness.reniceThread(NICE);
            rendered = work.get();
        } finally {
            wakeLoop();
        }
    }

    private static Map<Pages, RenderedPage> make(Set<Pages> wanted, PageData pageData) {
        Map<Pages, RenderedPage> pages = new EnumMap<>(Pages.class);
        for (Pages each : wanted) {
            try {
                pages.put(each, each.make(pageData));
            } catch (RuntimeException | OutOfMemoryError e) {
                pages.put(each, HttpResponse.text(500, "cannot make the page: " + e));
            }
        }
        return pages;
    }

    private void wakeLoop() {
        try {
            Descriptors.write(
                    wakeWriter, wakeByte.duplicate()); // the one before may not be through yet
        } catch (PosixException e) {
            // the manager has closed it
        }
    }

    private void handOver(Reader reader) {
        Descriptors.read(wakeReader, wakeBytes.clear());
        Map<Pages, RenderedPage> pages = rendered;
        rendered = null;
        working = false;
        if (closed) {
            end();
        } else if (pages != null) {
            reader.made(pages);
        }
    }

    /// Closes the renderer and drops the work under way. Its descriptors stay open until the thread
    /// has finished: their numbers must not be reused by then.
    @Override
    public void close() {
        closed = true;
        if (!working) {
            end();
        }
    }

    private void end() {
        eventLoop.forget(wakeReader);
        Descriptors.close(wakeReader);
        Descriptors.close(wakeWriter);
    }
}
