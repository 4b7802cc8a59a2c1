// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LineEnds;
import org.einhyrningsins.manager.runtime.Timestamp;
import org.einhyrningsins.spec.LogsSpec;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Puts words before lines.
final class LinePrefix {
    private final ByteBuffer text;
    private int length;

    /// @param text a direct buffer to work in
    LinePrefix(ByteBuffer text) {
        this.text = text;
    }

    ByteBuffer text() {
        return text;
    }

    int length() {
        return length;
    }

    /// Puts lines, each with its words, in place of what was there.
    ///
    /// @param goesOn whether they begin inside a line that has its words already
    /// @param room bytes they may take
    /// @return the number of bytes of the lines that were taken; 0 if not one line had room
    int put(OutputPipe from, ByteBuffer lines, int count, boolean goesOn, int room) {
        byte[] words = words(from);
        length = 0;
        int taken = 0;
        while (taken < count) {
            int end = LineEnds.first(lines, taken, count);
            byte[] before = goesOn && taken == 0 ? new byte[0] : words;
            long needed = (long) length + before.length + end - taken;
            if (needed > room || needed > text.capacity()) {
                break;
            }
            text.put(length, before);
            text.put(length + before.length, lines, taken, end - taken);
            length = (int) needed;
            taken = end;
        }
        return taken;
    }

    private static byte[] words(OutputPipe from) {
        StringBuilder words = new StringBuilder(64);
        for (LogsSpec.Word word : from.prefix()) {
            switch (word) {
                case TIME -> Timestamp.append(words, Clock.wallMillis());
                case SLOT -> words.append(from.program()).append(':').append(from.slot());
                case PID -> words.append(from.pid());
            }
            words.append(' ');
        }
        return words.toString().getBytes(StandardCharsets.UTF_8);
    }
}
