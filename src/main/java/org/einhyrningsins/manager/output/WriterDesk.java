// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Desk of one task of a [LogWriterThread]: filled by the loop, then of that thread until the task
/// is done.
final class WriterDesk implements LogWriterContext {
    private static final int PAGE = 4096;

    private final OutputPump keeper;
    private final LogWriterThread lane;
    private ByteBuffer window = memory(PAGE);
    private final List<Runnable> said = new ArrayList<>();
    private int taken;
    private int most;

    WriterDesk(OutputPump keeper, LogWriterThread lane) {
        this.keeper = keeper;
        this.lane = lane;
    }

    /// Returns memory in the byte order in which newlines are found fastest.
    static ByteBuffer memory(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /// Puts lines there for the next task.
    ///
    /// @param held maximum memory of lines that cannot be written, in bytes
    void put(ByteBuffer text, int length, int held) {
        most = held;
        int room = window.capacity();
        while (room < length) {
            room *= 2;
        }
        window = room > window.capacity() ? memory(room) : window;
        window.put(0, text, 0, length);
        taken = 0;
    }

    /// Returns the number of bytes that the task took from its pipe.
    int taken() {
        return taken;
    }

    /// Takes the messages that it left, to be told by the loop.
    List<Runnable> said() {
        List<Runnable> all = List.copyOf(said);
        said.clear();
        return all;
    }

    @Override
    public ByteBuffer window() {
        return window;
    }

    @Override
    public LinePrefix dress() {
        return lane.dress();
    }

    @Override
    public boolean moves() {
        return false;
    }

    @Override
    public void drop(OutputPipe from, int length) {
        taken += length;
    }

    @Override
    public int mayHold(int own) {
        return most;
    }

    @Override
    public void reopened(Path reopened) {
        // it stays in its lane
    }

    @Override
    public int holder() {
        return LogWriterThread.deputy().number();
    }

    @Override
    public void tidy(Path aside, LogsSpec.Kept kept, @Nullable Path spared) {
        lane.archivist().tidy(aside, kept, spared);
        String complaint = lane.archivist().complaint();
        if (complaint != null) {
            said.add(() -> keeper.warn("", complaint));
        }
    }

    @Override
    public void warn(String about, String message) {
        said.add(() -> keeper.warn(about, message));
    }

    @Override
    public void error(String about, String message) {
        said.add(() -> keeper.error(about, message));
    }
}
