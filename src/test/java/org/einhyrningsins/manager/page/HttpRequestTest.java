// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

class HttpRequestTest {
    private static final String GOOD =
            "GET /metrics?x=1 HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n";

    @Test
    void readsWhatMatters() throws HttpRequest.Refused {
        assertThat(read(GOOD))
                .isEqualTo(new HttpRequest("GET", "/metrics", "text/plain", "localhost"));
        assertThat(read("HEAD / HTTP/1.0\n\n")).isEqualTo(new HttpRequest("HEAD", "/", "", ""));
        assertThat(read("\r\n\r\nGET / HTTP/1.0\r\n\r\n").path()).isEqualTo("/");
    }

    @Test
    void isCompleteAtTheEmptyLineAndNotBefore() {
        byte[] bytes = GOOD.getBytes(StandardCharsets.US_ASCII);
        for (int length = 0; length < bytes.length; length++) {
            assertThat(HttpRequest.complete(bytes, length)).as("after %d", length).isFalse();
        }
        assertThat(HttpRequest.complete(bytes, bytes.length)).isTrue();
        assertThat(HttpRequest.complete("\r\n\r\n".getBytes(StandardCharsets.US_ASCII), 4))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hello\r\n\r\n",
                "GET\r\n\r\n",
                "GET /\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET / HTTP/x.y\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost\r\n\r\n",
                "\u0000\u0001\u0002\r\n\r\n",
            })
    void refusesWhatIsNoRequest(String head) {
        assertThat(status(head)).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"HTTP/2.0", "HTTP/3.0", "HTTP/1.2"})
    void refusesNewerVersions(String version) {
        assertThat(status("GET / " + version + "\r\nHost: a\r\n\r\n")).isEqualTo(505);
    }

    @Test
    void refusesMoreHeadersThanAnybodyNeeds() {
        String many = "x: y\r\n".repeat(100);
        assertThat(status("GET / HTTP/1.1\r\nHost: a\r\n" + many + "\r\n")).isEqualTo(400);
    }

    @Test
    void survivesWhateverItIsGiven() {
        SplittableRandom random = new SplittableRandom(7);
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = GOOD.getBytes(StandardCharsets.US_ASCII);
            for (int change = random.nextInt(1, 6); change > 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                HttpRequest.complete(bytes, bytes.length);
                HttpRequest.read(bytes, bytes.length);
                read++;
            } catch (HttpRequest.Refused e) {
                assertThat(e.status()).isIn(400, 505);
            }
        }
        assertThat(read).as("still requests").isBetween(100, 19_000);
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> read("nonsense\r\n\r\n")).hasMessageContaining("HTTP/1.1");
    }

    private static int status(String head) {
        try {
            throw new AssertionError("was read: " + read(head));
        } catch (HttpRequest.Refused e) {
            return e.status();
        }
    }

    private static HttpRequest read(String head) throws HttpRequest.Refused {
        byte[] bytes = head.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(HttpRequest.complete(bytes, bytes.length)).isTrue();
        return HttpRequest.read(bytes, bytes.length);
    }
}
