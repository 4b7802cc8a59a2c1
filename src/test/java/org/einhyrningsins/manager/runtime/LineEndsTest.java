// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;

class LineEndsTest {
    private static ByteBuffer text(String text, ByteOrder order) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)).order(order);
    }

    @Test
    void findsWhereTheFirstAndTheLastLineEnd() {
        ByteBuffer text = text("one\ntwo\n\nand a line without its end", ByteOrder.nativeOrder());
        assertThat(LineEnds.first(text, 0, text.limit())).isEqualTo(4);
        assertThat(LineEnds.first(text, 4, text.limit())).isEqualTo(8);
        assertThat(LineEnds.first(text, 8, text.limit())).isEqualTo(9);
        assertThat(LineEnds.first(text, 9, text.limit())).as("no end").isEqualTo(text.limit());
        assertThat(LineEnds.last(text, 0, text.limit())).isEqualTo(9);
        assertThat(LineEnds.last(text, 9, text.limit())).as("no end").isEqualTo(9);
        assertThat(LineEnds.count(text, 0, text.limit())).isEqualTo(3);
    }

    @Test
    void anEmptyRangeHasNoLine() {
        ByteBuffer text = text("\n\n\n\n\n\n\n\n\n", ByteOrder.nativeOrder());
        assertThat(LineEnds.first(text, 3, 3)).isEqualTo(3);
        assertThat(LineEnds.last(text, 3, 3)).isEqualTo(3);
        assertThat(LineEnds.count(text, 3, 3)).isZero();
    }

    /// Bytes that differ from a newline in one bit, or that carry into the next byte, are the ones
    /// that a search by words may take for one.
    @ParameterizedTest
    @ValueSource(ints = {'\n', 0x0b, 0x08, 0x8a, 0x00, 0xff, 0x7f, 0x80, 'a'})
    void findsWhatALoopOverSingleBytesFinds(int filler) {
        Random random = new Random(filler);
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            for (int round = 0; round < 2_000; round++) {
                ByteBuffer text = ByteBuffer.allocate(random.nextInt(1, 60)).order(order);
                for (int i = 0; i < text.capacity(); i++) {
                    int other = random.nextInt(4) == 0 ? random.nextInt(256) : filler;
                    text.put(i, (byte) (random.nextInt(12) == 0 ? '\n' : other));
                }
                int from = random.nextInt(text.capacity());
                int to = random.nextInt(from, text.capacity() + 1);
                assertThat(LineEnds.first(text, from, to)).isEqualTo(first(text, from, to));
                assertThat(LineEnds.last(text, from, to)).isEqualTo(last(text, from, to));
                assertThat(LineEnds.count(text, from, to)).isEqualTo(count(text, from, to));
            }
        }
    }

    private static int first(ByteBuffer text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.get(i) == '\n') {
                return i + 1;
            }
        }
        return to;
    }

    private static int last(ByteBuffer text, int from, int to) {
        for (int i = to; i > from; i--) {
            if (text.get(i - 1) == '\n') {
                return i;
            }
        }
        return from;
    }

    private static int count(ByteBuffer text, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += text.get(i) == '\n' ? 1 : 0;
        }
        return count;
    }
}
