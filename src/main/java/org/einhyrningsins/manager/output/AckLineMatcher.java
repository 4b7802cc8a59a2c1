// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.manager.runtime.LineEnds;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Looks for the line of output by which a starting worker acks.
///
/// A regular expression may take as good as for ever on a line. So a search looks at no more than
/// the beginning of a line, and is given up after so many steps, which is tooHardReported once. One
/// search takes a few milliseconds at worst; the lines that are left wait in the pipe for the next.
public final class AckLineMatcher {
    /// Bytes of a line.
    static final int MAX_LENGTH = 1024;

    /// Characters looked at, each as often as it is; 1,000,000 took 6.5 ms.
    static final int MAX_STEPS = 1_000_000;

    private final Matcher matcher;
    private final BooleanSupplier wanted;
    private final Runnable onAck;
    private final Runnable onTooHard;
    private final byte[] line = new byte[MAX_LENGTH];
    private int steps;
    private boolean tooHardReported;
    private boolean found;

    /// Looks for a line that matches.
    ///
    /// @param wanted whether the worker is still starting
    /// @param onAck is tooHardReported once
    /// @param onTooHard is tooHardReported once, when a line is passed over
    public AckLineMatcher(
            String match, BooleanSupplier wanted, Runnable onAck, Runnable onTooHard) {
        this.matcher = Pattern.compile(match).matcher("");
        this.wanted = wanted;
        this.onAck = onAck;
        this.onTooHard = onTooHard;
    }

    /// True if the line has not been found and is still wanted.
    boolean wanted() {
        return wanted.getAsBoolean();
    }

    /// True if the last check found it.
    boolean found() {
        return found;
    }

    /// Searches lines from the beginning of a buffer.
    ///
    /// @param length of the lines
    /// @return the number of bytes searched: a line at least, or up to the one that was found
    int search(ByteBuffer lines, int length) {
        steps = 0;
        int searched = 0;
        boolean on = true;
        while (on && searched < length) {
            int end = LineEnds.first(lines, searched, length);
            on = goesOnAfter(text(lines, searched, end), searched == 0);
            searched = on ? end : searched;
        }
        return searched;
    }

    /// Reports that the line was found.
    void ack() {
        onAck.run();
    }

    private String text(ByteBuffer lines, int from, int end) {
        int last = lines.get(end - 1) == '\n' ? end - 1 : end;
        int count = Math.min(last - from, MAX_LENGTH);
        lines.get(from, line, 0, count);
        return new String(line, 0, count, StandardCharsets.UTF_8);
    }

    /// @param first whether it has all the steps to itself
    /// @return whether to go on behind it
    private boolean goesOnAfter(String text, boolean first) {
        try {
            found = matcher.reset(new Counted(text)).find();
            return !found;
        } catch (TooHard | StackOverflowError e) { // the second: deeper than our stack
            if (first && !tooHardReported) {
                tooHardReported = true;
                onTooHard.run();
            }
            return first;
        }
    }

    private static final class TooHard extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooHard() {
            super("too many steps", null, false, false);
        }
    }

    /// A text that counts how often it is looked at.
    private final class Counted implements CharSequence {
        private final String text;

        Counted(String text) {
            this.text = text;
        }

        @Override
        public char charAt(int index) {
            if (++steps > MAX_STEPS) {
                throw new TooHard();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
