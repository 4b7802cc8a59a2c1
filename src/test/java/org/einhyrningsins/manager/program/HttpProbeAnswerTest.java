// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;

class HttpProbeAnswerTest {
    private static final String BAD = "HTTP/1.1 500 Oh\r\n";

    private static HttpProbeAnswer of(String... pieces) {
        HttpProbeAnswer answer = new HttpProbeAnswer();
        for (String piece : pieces) {
            answer.add(ByteBuffer.wrap(piece.getBytes(UTF_8)));
        }
        return answer;
    }

    @Test
    void ofAGoodAnswerTheStatusLineIsEnough() {
        assertThat(of("HTTP/1.1 20").over()).isFalse();
        HttpProbeAnswer good = of("HTTP/1.1 20", "4 No Content\r\n");
        assertThat(good.over()).isTrue();
        assertThat(good.up()).isTrue();
    }

    @Test
    void aBodyIsWaitedForAsLongAsItIsAnnounced() {
        assertThat(of(BAD).over()).isFalse();
        assertThat(of(BAD, "content-length: 4\r\n\r\nabc").over()).isFalse();
        assertThat(of(BAD, "content-length: 4\r\n\r\nabcd").over()).isTrue();
        assertThat(of(BAD, "content-length: 0\r\n\r\n").over()).isTrue();
        assertThat(of(BAD, "\r\n", "abc").over()).isFalse();
        assertThat(of(BAD, "\r\n", "abc", "").over()).isTrue();
        assertThat(of(BAD, "\r\n" + "x".repeat(200)).over()).isTrue();
        assertThat(of(BAD, "content-length: 99999999999999999999\r\n\r\nabc").over()).isFalse();
    }

    @Test
    void chunksAreJoined() {
        String head = BAD + "Transfer-Encoding: chunked\r\n\r\n";
        assertThat(of(head + "3\r\nabc\r\n").over()).isFalse();
        HttpProbeAnswer whole = of(head + "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        assertThat(whole.over()).isTrue();
        assertThat(whole.words()).isEqualTo("HTTP/1.1 500 Oh: abcde");
        assertThat(of(head + "zz\r\n").over()).isTrue();
        assertThat(of(head + "7fffffff\r\nabc").words()).isEqualTo("HTTP/1.1 500 Oh: abc");
    }

    @Test
    void aLongBodyIsCutAndWhatCommandsATerminalIsNotShown() {
        assertThat(of(BAD + "\r\n" + "x".repeat(300)).words())
                .isEqualTo("HTTP/1.1 500 Oh: " + "x".repeat(200) + "…");
        assertThat(of(BAD + "\r\n  \u001b]0;x\u0007 é\n\n2 ", "").words())
                .isEqualTo("HTTP/1.1 500 Oh: ]0;x é 2");
        assertThat(of("HTTP/1.1 500 \u001b[2J" + "y".repeat(200) + "\r\n\r\n", "").words())
                .hasSize(100)
                .doesNotContain("\u001b");
    }

    @Test
    void whatIsNoHttpIsOverAtOnceAndSaid() {
        assertThat(of("SSH-2.0-x\r\n").over()).isTrue();
        assertThat(of("SSH-2.0-x\r\n").words()).isEqualTo("no answer in HTTP: SSH-2.0-x");
        assertThat(of("").words()).isEqualTo("the connection was closed without an answer");
        assertThat(of("z".repeat(2_000)).over()).isTrue();
    }

    @Test
    void noAnswerIsKeptWithoutABound() {
        HttpProbeAnswer answer = of(BAD);
        for (int i = 0; i < 100; i++) {
            answer.add(ByteBuffer.wrap("x".repeat(500).getBytes(UTF_8)));
        }
        assertThat(answer.over()).isTrue();
    }
}
