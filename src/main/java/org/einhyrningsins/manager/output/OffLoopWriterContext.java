// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Lines, result and messages of one task of a [LogWriterThread]: filled by the loop, then of that
/// thread until the task is done.
final class OffLoopWriterContext implements LogWriterContext {
    private static final int PAGE = 4096;

    private final LoopWriterContext loop;
    private final LogWriterThread thread;
    private ByteBuffer lines = memory(PAGE);
    private final List<Runnable> messages = new ArrayList<>();
    private int taken;
    private int maxBacklog;

    OffLoopWriterContext(LoopWriterContext loop, LogWriterThread thread) {
        this.loop = loop;
        this.thread = thread;
    }

    /// Returns memory in the byte order in which newlines are found fastest.
    static ByteBuffer memory(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /// Puts lines there for the next task.
    ///
    /// @param max maximum memory of lines that cannot be written, in bytes
    void put(ByteBuffer text, int length, int max) {
        maxBacklog = max;
        int room = lines.capacity();
        while (room < length) {
            room *= 2;
        }
        lines = room > lines.capacity() ? memory(room) : lines;
        lines.put(0, text, 0, length);
        taken = 0;
    }

    /// Returns the number of bytes that the task took from its pipe.
    int taken() {
        return taken;
    }

    /// Takes the messages that it left, to be told by the loop.
    List<Runnable> takeMessages() {
        List<Runnable> all = List.copyOf(messages);
        messages.clear();
        return all;
    }

    @Override
    public ByteBuffer lines() {
        return lines;
    }

    @Override
    public LinePrefix linePrefix() {
        return thread.linePrefix();
    }

    @Override
    public boolean splices() {
        return false;
    }

    @Override
    public void drop(OutputPipe from, int length) {
        taken += length;
    }

    @Override
    public int maxBacklog(int own) {
        return maxBacklog;
    }

    @Override
    public void replaced(Path file) {
        // it stays with its thread
    }

    @Override
    public int descriptorTable() {
        return LogWriterThread.deputy().number();
    }

    @Override
    public void cleanUp(Path aside, LogsSpec.Kept kept, @Nullable Path stillWritten) {
        thread.logRotator().cleanUp(aside, kept, stillWritten);
        String complaint = thread.logRotator().complaint();
        if (complaint != null) {
            messages.add(() -> loop.warn("", complaint));
        }
    }

    @Override
    public void warn(String about, String message) {
        messages.add(() -> loop.warn(about, message));
    }

    @Override
    public void error(String about, String message) {
        messages.add(() -> loop.error(about, message));
    }
}
