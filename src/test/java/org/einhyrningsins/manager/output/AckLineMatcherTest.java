// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.ByteBuffer;

@Timeout(240)
class AckLineMatcherTest {
    private int acks;
    private int complaints;
    private boolean starting = true;

    private AckLineMatcher matcher(String match) {
        return new AckLineMatcher(match, () -> starting, () -> acks++, () -> complaints++);
    }

    private static int search(AckLineMatcher matcher, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return matcher.search(ByteBuffer.wrap(bytes), bytes.length);
    }

    @Test
    void findsTheExpressionAnywhereInALine() {
        AckLineMatcher matcher = matcher("listening on \\d+");
        assertThat(search(matcher, "booting\nlistening on port\n")).isEqualTo(26);
        assertThat(matcher.found()).isFalse();
        assertThat(search(matcher, "still booting\n[web] listening on 80, hello\nmore\n"))
                .isEqualTo(14);
        assertThat(matcher.found()).isTrue();
    }

    @Test
    void looksAtEachLineByItself() {
        AckLineMatcher matcher = matcher("^b$|a\\s+b");
        search(matcher, "a\nbb\na b");
        assertThat(matcher.found()).isTrue();
        assertThat(search(matcher("^b$"), "ab\nba\na\nb\n")).isEqualTo(8);
    }

    @Test
    void takesItsLinesForUtf8() {
        AckLineMatcher matcher = matcher("^h.rt zu$");
        search(matcher, "hört zu\n");
        assertThat(matcher.found()).isTrue();
    }

    @Test
    void looksAtNoMoreThanTheBeginningOfALine() {
        AckLineMatcher matcher = matcher("up");
        String text = "x".repeat(AckLineMatcher.MAX_LENGTH - 1) + "up\n";
        assertThat(search(matcher, text)).isEqualTo(text.length());
        assertThat(matcher.found()).isFalse();
        search(matcher, "x".repeat(AckLineMatcher.MAX_LENGTH - 2) + "up\n");
        assertThat(matcher.found()).isTrue();
    }

    @Test
    void passesOverALineThatTakesTooLongAndSaysItOnce() {
        AckLineMatcher matcher = matcher(".*.*.*.*x|up");
        String hard = "a".repeat(300) + "\n";
        assertThat(search(matcher, hard)).isEqualTo(hard.length());
        assertThat(search(matcher, hard)).isEqualTo(hard.length());
        assertThat(complaints).isEqualTo(1);
        search(matcher, "up\n");
        assertThat(matcher.found()).isTrue();
    }

    @Test
    void passesOverALineThatIsTooDeep() {
        AckLineMatcher matcher = matcher("(a|b|cc)*d|(up)");
        Thread small =
                new Thread(null, () -> search(matcher, "ab".repeat(500) + "\n"), "small", 100_000);
        small.start();
        try {
            small.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(matcher.found()).isFalse();
        search(matcher, "up\n");
        assertThat(matcher.found()).isTrue();
    }

    /// However many lines there are, one look does not take longer than the hardest line.
    @Test
    void leavesForTheNextLookWhatItHasNoStepsFor() {
        AckLineMatcher matcher = matcher(".*x");
        String line = "a".repeat(800) + "\n"; // about a third of the steps
        String text = line.repeat(10);
        int searched = search(matcher, text);
        assertThat(searched).isBetween(line.length(), text.length() - 1);
        assertThat(searched % line.length()).isZero();
        assertThat(complaints).isZero();
    }

    @Test
    void isWantedWhileItsWorkerStarts() {
        AckLineMatcher matcher = matcher("up");
        assertThat(matcher.wanted()).isTrue();
        starting = false;
        assertThat(matcher.wanted()).isFalse();
        matcher.ack();
        assertThat(acks).isEqualTo(1);
    }
}
