// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

class LineBufferTest {
    private final Heard heard = new Heard();

    @Test
    void cutsWhereTheNewlinesAreHoweverTheBytesArriveAndSkipsEmptyLines() {
        String text = "one\n\ntwo thrée\nfour";
        for (int size = 1; size <= text.length(); size++) {
            Heard once = new Heard();
            feed(new LineBuffer(64), once, text, size);
            assertThat(once.said).containsExactly("one", "two thrée");
        }
    }

    @Test
    void keepsAnUnfinishedLineForLater() {
        LineBuffer lineBuffer = new LineBuffer(64);
        feed(lineBuffer, heard, "half", 4);
        assertThat(lineBuffer.insideLine()).isTrue();
        feed(lineBuffer, heard, " whole\n", 7);
        assertThat(heard.said).containsExactly("half whole");
        assertThat(lineBuffer.insideLine()).isFalse();
    }

    @Test
    void takesALineOfExactlyTheBound() {
        feed(new LineBuffer(4), heard, "1234\n", 2);
        assertThat(heard.said).containsExactly("1234");
    }

    @Test
    void saysOnceThatALineIsTooLongAndGoesOnAfterIt() {
        feed(new LineBuffer(4), heard, "123456789012345\nok\n12345\n", 3);
        assertThat(heard.said).containsExactly("longer than 4", "ok", "longer than 4");
    }

    private static void feed(LineBuffer lineBuffer, Heard heard, String text, int size) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < bytes.length; at += size) {
            lineBuffer.feed(ByteBuffer.wrap(bytes, at, Math.min(size, bytes.length - at)), heard);
        }
    }

    private static final class Heard implements LineBuffer.Taker {
        final List<String> said = new ArrayList<>();

        @Override
        public void line(byte[] line) {
            said.add(new String(line, StandardCharsets.UTF_8));
        }

        @Override
        public void tooLong(int bound) {
            said.add("longer than " + bound);
        }
    }
}
