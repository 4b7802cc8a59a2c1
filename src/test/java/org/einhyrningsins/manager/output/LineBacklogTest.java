// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.Random;

class LineBacklogTest {
    private final LostLines lost = new LostLines();

    private static void add(LineBacklog lines, String text, int allowed) {
        byte[] bytes = ("##" + text).getBytes(UTF_8);
        lines.add(ByteBuffer.wrap(bytes), 2, bytes.length - 2, allowed);
    }

    private static void add(LineBacklog lines, String text) {
        add(lines, text, Integer.MAX_VALUE);
    }

    private static String held(LineBacklog lines) {
        ByteBuffer into = ByteBuffer.allocate(1 << 16);
        int count = lines.oldest(into);
        return new String(into.array(), 0, count, UTF_8);
    }

    @Test
    void pushesOutTheOldestWholeLinesAndCountsThem() {
        LineBacklog lines = new LineBacklog(20, lost);
        add(lines, "one\ntwo\n");
        add(lines, "three\nfour\n");
        assertThat(held(lines)).isEqualTo("one\ntwo\nthree\nfour\n");
        add(lines, "five\n");
        assertThat(held(lines)).isEqualTo("two\nthree\nfour\nfive\n");
        assertThat(lost.lines()).isEqualTo(1);
        assertThat(lost.bytes()).isEqualTo(4);
    }

    @Test
    void takesTheLastOfMoreThanItCanHold() {
        LineBacklog lines = new LineBacklog(10, lost);
        add(lines, "first\n");
        add(lines, "second\nthird\nlast\n");
        assertThat(held(lines)).isEqualTo("last\n");
        assertThat(lost.lines()).isEqualTo(3);
    }

    @Test
    void countsALineLongerThanItCanHoldAsOne() {
        LineBacklog lines = new LineBacklog(10, lost);
        add(lines, "a line that is too long\n");
        assertThat(held(lines)).isEmpty();
        assertThat(lost.lines()).isEqualTo(1);
    }

    @Test
    void givesRoomBackWhenItMayHoldLess() {
        LineBacklog lines = new LineBacklog(100, lost);
        add(lines, "one\ntwo\nthree\n");
        add(lines, "four\n", 11);
        assertThat(held(lines)).isEqualTo("three\nfour\n");
    }

    @Test
    void whatIsWrittenIsForgottenAndNotLost() {
        LineBacklog lines = new LineBacklog(10, lost);
        add(lines, "one\ntwo\n");
        lines.forget(4);
        add(lines, "three\n");
        assertThat(held(lines)).isEqualTo("two\nthree\n");
        assertThat(lost.lines()).isZero();
    }

    @Test
    void losesNothingWithoutCountingIt() {
        Random random = new Random(7);
        LineBacklog lines = new LineBacklog(1_000, lost);
        long added = 0;
        long addedBytes = 0;
        StringBuilder all = new StringBuilder();
        long written = 0;
        long writtenBytes = 0;
        for (int i = 0; i < 20_000; i++) {
            String line = i + "x".repeat(random.nextInt(60)) + "\n";
            add(lines, line, 500 + random.nextInt(600));
            all.append(line);
            added++;
            addedBytes += line.length();
            if (random.nextInt(10) == 0) {
                String oldest = held(lines);
                int end = oldest.indexOf('\n', random.nextInt(oldest.length())) + 1;
                lines.forget(end);
                written += oldest.substring(0, end).lines().count();
                writtenBytes += end;
            }
        }
        String rest = held(lines);
        assertThat(all.toString()).endsWith(rest);
        assertThat(rest.length()).isBetween(400, 1_100);
        assertThat(lost.lines() + written + rest.lines().count()).isEqualTo(added);
        assertThat(lost.bytes() + writtenBytes + rest.length()).isEqualTo(addedBytes);
    }
}
