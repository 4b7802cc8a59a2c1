// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.fuzz.Frugal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// The line that says a worker is up: the regular expression of somebody's file (the first line of
/// the input) against what a worker writes (the rest). Each search passes a line at least, or
/// finds.
///
/// A search that goes back again and again allocates as it goes, and holds next to nothing of it:
/// what the steps bound is how much garbage one look makes.
public final class AckLineMatcherFuzz {
    private static final int MAX_MATCH_LENGTH = 256;
    private static final long MAX_BYTES = 64L * AckLineMatcher.MAX_STEPS;

    private AckLineMatcherFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        int end = text.indexOf('\n');
        if (end < 0 || end > MAX_MATCH_LENGTH || !isPattern(text.substring(0, end))) {
            return;
        }
        byte[] lines = text.substring(end + 1).getBytes(StandardCharsets.UTF_8);
        search(text.substring(0, end), lines);
    }

    private static boolean isPattern(String match) {
        try {
            Pattern.compile(match);
            return true;
        } catch (PatternSyntaxException | StackOverflowError e) {
            return false;
        }
    }

    private static void search(String match, byte[] lines) {
        AckLineMatcher matcher = new AckLineMatcher(match, () -> true, () -> {}, () -> {});
        ByteBuffer rest = ByteBuffer.wrap(lines);
        while (rest.hasRemaining() && !matcher.found()) {
            AtomicInteger found = new AtomicInteger();
            Frugal.run(MAX_BYTES, () -> found.set(matcher.search(rest.slice(), rest.remaining())));
            int searched = found.get();
            if (searched == 0 && !matcher.found()) {
                throw new AssertionError("does not go on behind " + rest.position());
            }
            rest.position(rest.position() + searched);
        }
    }
}
