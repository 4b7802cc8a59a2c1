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

    private AckLineMatcher ear(String match) {
        return new AckLineMatcher(match, () -> starting, () -> acks++, () -> complaints++);
    }

    private static int hear(AckLineMatcher ear, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return ear.hear(ByteBuffer.wrap(bytes), bytes.length);
    }

    @Test
    void findsTheExpressionAnywhereInALine() {
        AckLineMatcher ear = ear("listening on \\d+");
        assertThat(hear(ear, "booting\nlistening on port\n")).isEqualTo(26);
        assertThat(ear.found()).isFalse();
        assertThat(hear(ear, "still booting\n[web] listening on 80, hello\nmore\n")).isEqualTo(14);
        assertThat(ear.found()).isTrue();
    }

    @Test
    void looksAtEachLineByItself() {
        AckLineMatcher ear = ear("^b$|a\\s+b");
        hear(ear, "a\nbb\na b");
        assertThat(ear.found()).isTrue();
        assertThat(hear(ear("^b$"), "ab\nba\na\nb\n")).isEqualTo(8);
    }

    @Test
    void takesItsLinesForUtf8() {
        AckLineMatcher ear = ear("^h.rt zu$");
        hear(ear, "hört zu\n");
        assertThat(ear.found()).isTrue();
    }

    @Test
    void looksAtNoMoreThanTheBeginningOfALine() {
        AckLineMatcher ear = ear("up");
        String text = "x".repeat(AckLineMatcher.MAX_LENGTH - 1) + "up\n";
        assertThat(hear(ear, text)).isEqualTo(text.length());
        assertThat(ear.found()).isFalse();
        hear(ear, "x".repeat(AckLineMatcher.MAX_LENGTH - 2) + "up\n");
        assertThat(ear.found()).isTrue();
    }

    @Test
    void passesOverALineThatTakesTooLongAndSaysItOnce() {
        AckLineMatcher ear = ear(".*.*.*.*x|up");
        String hard = "a".repeat(300) + "\n";
        assertThat(hear(ear, hard)).isEqualTo(hard.length());
        assertThat(hear(ear, hard)).isEqualTo(hard.length());
        assertThat(complaints).isEqualTo(1);
        hear(ear, "up\n");
        assertThat(ear.found()).isTrue();
    }

    @Test
    void passesOverALineThatIsTooDeep() {
        AckLineMatcher ear = ear("(a|b|cc)*d|(up)");
        Thread small = new Thread(null, () -> hear(ear, "ab".repeat(500) + "\n"), "small", 100_000);
        small.start();
        try {
            small.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(ear.found()).isFalse();
        hear(ear, "up\n");
        assertThat(ear.found()).isTrue();
    }

    /// However many lines there are, one look does not take longer than the hardest line.
    @Test
    void leavesForTheNextLookWhatItHasNoStepsFor() {
        AckLineMatcher ear = ear(".*x");
        String line = "a".repeat(800) + "\n"; // about a third of the steps
        String text = line.repeat(10);
        int heard = hear(ear, text);
        assertThat(heard).isBetween(line.length(), text.length() - 1);
        assertThat(heard % line.length()).isZero();
        assertThat(complaints).isZero();
    }

    @Test
    void isWantedWhileItsWorkerStarts() {
        AckLineMatcher ear = ear("up");
        assertThat(ear.wanted()).isTrue();
        starting = false;
        assertThat(ear.wanted()).isFalse();
        ear.tell();
        assertThat(acks).isEqualTo(1);
    }
}
