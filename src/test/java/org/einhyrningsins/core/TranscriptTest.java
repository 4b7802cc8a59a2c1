// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Each file in `src/test/resources/core` is a promise, told as a transcript: see [Script].
/// `-Dtranscripts.rewrite=true` writes down what happens now, for a person to review.
final class TranscriptTest {
    private static final Path HOME = Path.of("src/test/resources/core");

    static List<Path> transcripts() throws IOException {
        try (Stream<Path> files = Files.list(HOME)) {
            return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void happensAsItIsWritten(Path file) throws IOException {
        String written = Files.readString(file);
        String happened = new Script(new Arrows()).play(written);
        if (Boolean.getBoolean("transcripts.rewrite")) {
            Files.writeString(file, happened);
        } else {
            assertThat(happened).as(file.toString()).isEqualTo(written);
        }
    }

    @Test
    void thereIsATranscriptForEachPromise() throws IOException {
        assertThat(transcripts()).hasSizeGreaterThanOrEqualTo(20);
    }
}
