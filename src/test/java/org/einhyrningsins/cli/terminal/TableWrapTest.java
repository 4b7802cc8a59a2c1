// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.Map;

class TableWrapTest {
    private static final String STATUS =
            """
            einhyrningsins 0.1.0 on shop1, up since 2026-11-21T04:10:17Z, /etc/a/long/services.yaml
            NAME  STATE    READY  NOTE
            web   running  4/4
            api   failed   0/4    worker 0: exit status 3, and a note that is long
            db    running  1/1    averyveryveryverylongwordwithoutanyblankinit

            SOCKET    ADDRESS
            web/http  unix:/run/a/very/long/path/to/a/socket.sock
            """;

    @Test
    void theLastColumnIsBrokenAtTheWidthAndStaysAColumn() {
        assertThat(TableWrap.of(STATUS, 45))
                .isEqualTo(
                        """
                        einhyrningsins 0.1.0 on shop1, up since 2026-11-21T04:10:17Z, /etc/a/long/services.yaml
                        NAME  STATE    READY  NOTE
                        web   running  4/4
                        api   failed   0/4    worker 0: exit status
                                              3, and a note that is
                                              long
                        db    running  1/1    averyveryveryverylongwo
                                              rdwithoutanyblankinit

                        SOCKET    ADDRESS
                        web/http  unix:/run/a/very/long/path/to/a/soc
                                  ket.sock
                        """);
    }

    @Test
    void nothingIsBrokenWhereThereIsRoomOrTooLittleOrNoBound() {
        assertThat(TableWrap.of(STATUS, 0)).isEqualTo(STATUS);
        assertThat(TableWrap.of(STATUS, 200)).isEqualTo(STATUS);
        assertThat(TableWrap.of(STATUS, 30).lines().limit(6).toList())
                .isEqualTo(STATUS.lines().limit(6).toList());
    }

    @Test
    void noLineIsWiderAndNoWordIsLost() {
        for (int width = 38; width < 80; width++) {
            int bound = width;
            String wrapped = TableWrap.of(STATUS, width);
            assertThat(wrapped.lines().skip(1)).allMatch(line -> line.length() <= bound);
            assertThat(wrapped.replaceAll("\\s", "")).isEqualTo(STATUS.replaceAll("\\s", ""));
        }
    }

    @Test
    void anEventIsBrokenBehindItsKind() {
        String event =
                "2026-11-23T07:15:02.123Z  exited          web:0 pid 4711: exit status 3 again";
        assertThat(TableWrap.of(event, 70))
                .isEqualTo(
                        "2026-11-23T07:15:02.123Z  exited          web:0 pid 4711: exit status\n"
                                + " ".repeat(42)
                                + "3 again");
    }

    @Test
    void theVariableColumnsWinsOverTheTerminal() {
        assertThat(Terminal.width(Map.of("COLUMNS", "93"))).isEqualTo(93);
        assertThat(Terminal.width(Map.of("COLUMNS", "wide"))).isZero();
        assertThat(Terminal.width(Map.of())).as("nobody knows").isZero();
    }
}
