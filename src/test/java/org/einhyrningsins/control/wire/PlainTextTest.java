// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainTextTest {
    @ParameterizedTest
    @ValueSource(
            ints = {
                0x1b, 0x07, 0x7f, 0x9b, 0xad, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
                0x202e, 0x2066, 0x2069, 0xfeff, 0xe0001, 0xe0041
            })
    void whatIsNotSeenAndChangesTheRestIsNotShown(int point) {
        String text = "ready " + Character.toString(point) + "gpj.exe";
        assertThat(PlainText.line(text)).isEqualTo("ready  gpj.exe");
        assertThat(PlainText.lines(text)).isEqualTo("ready \uFFFDgpj.exe");
        assertThat(JsonText.quote(text)).doesNotContain(Character.toString(point));
    }

    @Test
    void whatPeopleWriteStays() {
        for (String text :
                new String[] {"", "grüß Gott", "日本語", "سلام", "می\u200cخواهم", "👩\u200d💻 ok"}) {
            assertThat(PlainText.line(text)).isEqualTo(text);
            assertThat(PlainText.lines(text)).isEqualTo(text);
        }
    }

    @Test
    void linesStayLinesOnlyWhereTheyMay() {
        assertThat(PlainText.lines("a\n\tb")).isEqualTo("a\n\tb");
        assertThat(PlainText.line("a\n\tb")).isEqualTo("a  b");
    }
}
