// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.Golden;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

class RequestReaderTest {
    @Test
    void readsTheWireAsTheGoldenFileHasIt() throws IOException {
        StringBuilder read = new StringBuilder();
        for (String line : Golden.read("requests.txt").lines().toList()) {
            if (line.isEmpty() || line.startsWith("#")) {
                read.append(line).append('\n');
            } else if (!line.startsWith("  => ")) {
                read.append(line)
                        .append("\n  => ")
                        .append(parse(line).toString().replace("\n", "\\n"))
                        .append('\n');
            }
        }
        Golden.check("requests.txt", read.toString());
    }

    @Test
    void readsBackWhatTheClientWrites() {
        ControlRequest controlRequest =
                new ControlRequest(
                        JsonId.of("a\"\\\u0001é\uD83E\uDD84"),
                        "reload",
                        List.of("web", "api:2", "tab\tnewline\n"),
                        false,
                        true);
        String line = new String(controlRequest.line(), StandardCharsets.UTF_8);
        assertThat(line).endsWith("\n").doesNotContain("\n{");
        ParsedLine read = RequestReader.parse(line.strip().getBytes(StandardCharsets.UTF_8));
        assertThat(read).isEqualTo(controlRequest);
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
            assertThat(RequestReader.parse(cut)).isNotNull();
        }
    }

    @Test
    void survivesWhateverIsThrownAtItInTheOlderDialect() {
        Random random = new Random(4712);
        byte[] seed =
                "---%0Aid: 1%0Acommand: 'signal'%0Aargs:%0A- |-%0A  USR2%0A- {a: [\"\\x41\"]}"
                        .getBytes(StandardCharsets.UTF_8);
        byte[] marks = "&*!|>%@`'\"#{}[],:?-\\ 0A\t".getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 50_000; round++) {
            byte[] line = seed.clone();
            for (int i = random.nextInt(6); i >= 0; i--) {
                line[3 + random.nextInt(line.length - 3)] = marks[random.nextInt(marks.length)];
            }
            assertThat(RequestReader.parse(line)).isNotNull();
        }
    }

    @Test
    void theLongestAndWorstLinesCostLittle() {
        for (String worst :
                List.of("[", "{", "- ", "? ", "a: ", "{a: ", "\"a\": ", "!a ", "&a ", "%0A")) {
            String line =
                    "--- {id: 1, x: " + worst.repeat(WireJson.LINE_BOUND / worst.length() - 8);
            long began = System.nanoTime();
            assertThat(parse(line)).as(worst).isInstanceOf(MalformedRequest.class);
            assertThat(System.nanoTime() - began).as(worst).isLessThan(2_000_000_000L);
        }
    }

    @Test
    void refusesNestingThatWouldCostAStack() {
        String deep = "{\"args\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}";
        assertThat(parse(deep)).isInstanceOf(MalformedRequest.class);
    }

    private static ParsedLine parse(String line) {
        return RequestReader.parse(line.getBytes(StandardCharsets.UTF_8));
    }
}
