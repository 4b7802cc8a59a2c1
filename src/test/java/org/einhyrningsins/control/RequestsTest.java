// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

class RequestsTest {
    @Test
    void readsTheWireAsTheGoldenFileHasIt() throws IOException {
        StringBuilder read = new StringBuilder();
        for (String line : Golden.read("requests.txt").lines().toList()) {
            if (line.isEmpty() || line.startsWith("#")) {
                read.append(line).append('\n');
            } else if (!line.startsWith("  => ")) {
                read.append(line).append("\n  => ").append(parse(line)).append('\n');
            }
        }
        Golden.check("requests.txt", read.toString());
    }

    @Test
    void readsBackWhatTheClientWrites() {
        Request request =
                new Request(
                        JsonId.of("a\"\\\u0001é\uD83E\uDD84"),
                        "reload",
                        List.of("web", "api:2", "tab\tnewline\n"),
                        false,
                        true);
        String line = new String(request.line(), StandardCharsets.UTF_8);
        assertThat(line).endsWith("\n").doesNotContain("\n{");
        Parsed read = Requests.parse(line.strip().getBytes(StandardCharsets.UTF_8));
        assertThat(read).isEqualTo(request);
    }

    @Test
    void survivesWhateverIsThrownAtIt() {
        Random random = new Random(4711);
        byte[] seed =
                "--- {\"id\":1,\"command\":\"worker:ack\",\"args\":[\"web\"],\"pid\":12}%0A"
                        .getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 20_000; round++) {
            byte[] line = seed.clone();
            for (int i = random.nextInt(6); i >= 0; i--) {
                line[random.nextInt(line.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = java.util.Arrays.copyOfRange(line, random.nextInt(8), line.length);
            assertThat(Requests.parse(cut)).isNotNull();
        }
    }

    @Test
    void refusesNestingThatWouldCostAStack() {
        String deep = "{\"args\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}";
        assertThat(parse(deep)).isInstanceOf(Malformed.class);
    }

    private static Parsed parse(String line) {
        return Requests.parse(line.getBytes(StandardCharsets.UTF_8));
    }
}
