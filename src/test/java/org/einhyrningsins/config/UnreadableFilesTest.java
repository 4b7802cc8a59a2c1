// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.print.ConfigPrinter;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// Whatever a file is, loading ends, in one clear problem.
@Timeout(240)
class UnreadableFilesTest {
    @TempDir Path directory;

    private String problemOf(Path file) {
        List<ConfigProblem> problems = Samples.problems(file);
        assertThat(problems).hasSize(1);
        return problems.getFirst().render().replace(directory + "/", "");
    }

    private Path file(byte... content) throws IOException {
        return Files.write(directory.resolve("services.yaml"), content);
    }

    @Test
    void saysThatThereIsNoFile() {
        assertThat(problemOf(directory.resolve("x.yaml")))
                .isEqualTo("x.yaml: cannot be read: no such file");
    }

    /// What stands for bytes that the JVM could not read.
    @Test
    void saysThatANameIsNoUtf8() {
        assertThat(problemOf(directory.resolve("l\uFFFDtin.yaml")))
                .contains("no such file by that name: a name on the way is no UTF-8; rename it");
    }

    @Test
    void saysThatItIsADirectory() {
        assertThat(Samples.problems(directory).getFirst().message())
                .isEqualTo("cannot be read: it is a directory");
    }

    @Test
    void doesNotWaitForTheWriterOfAFifo() throws Exception {
        Path fifo = directory.resolve("fifo");
        Process mkfifo = new ProcessBuilder("mkfifo", fifo.toString()).start();
        assertThat(mkfifo.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(problemOf(fifo)).isEqualTo("fifo: cannot be read: it is not a regular file");
    }

    /// Where the manager keeps the log, no FIFO will do: see the file `warned/logs.yaml`.
    @Test
    void warnsOfAFifoAsALog() throws Exception {
        Path fifo = directory.resolve("log");
        Process mkfifo = new ProcessBuilder("mkfifo", fifo.toString()).start();
        assertThat(mkfifo.waitFor(10, TimeUnit.SECONDS)).isTrue();
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {a: {command: [/bin/sh], logs: ./log}}");
        LoadResult.Valid loaded = (LoadResult.Valid) ConfigLoader.load(file, Samples.MACHINE);
        assertThat(loaded.warnings().stream().map(ConfigProblem::message))
                .containsExactly(
                        fifo + " is a FIFO: a worker starts only while somebody reads from it");
    }

    @Test
    void refusesBytesThatAreNotText() throws IOException {
        assertThat(problemOf(file((byte) 0x7f, (byte) 'E', (byte) 0xff, (byte) 0xfe)))
                .startsWith(
                        "services.yaml:1:3: cannot be read: the byte 0xFF is not UTF-8 text; save");
        assertThat(problemOf(file("a: 1\nb: \u00e9\u00fc\n".getBytes(StandardCharsets.ISO_8859_1))))
                .startsWith("services.yaml:2:4: cannot be read: the byte 0xE9");
        assertThat(problemOf(file("a: 1\n# \u20ac\n".getBytes(StandardCharsets.UTF_16))))
                .startsWith("services.yaml: cannot be read: it is UTF-16 text; save it as UTF-8");
        assertThat(problemOf(file((byte) 0x1f, (byte) 0x8b, (byte) 8, (byte) 0xff)))
                .isEqualTo(
                        "services.yaml: cannot be read: it is not text but compressed; gunzip it"
                                + " first");
        assertThat(problemOf(file((byte) 'a', (byte) 0xc3)))
                .startsWith("services.yaml:1:2: cannot be read: the byte 0xC3");
    }

    @Test
    void placesAControlCharacter() throws IOException {
        assertThat(problemOf(file("programs:\n  {}\u0001".getBytes(StandardCharsets.UTF_8))))
                .startsWith("services.yaml:2:5: not valid YAML: the control character U+0001");
    }

    @Test
    void refusesAHugeFile() throws IOException {
        Path huge = directory.resolve("huge.yaml");
        try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength((2 << 20) + 1);
        }
        assertThat(problemOf(huge)).isEqualTo("huge.yaml: cannot be read: it is larger than 2 MiB");
    }

    @Test
    void readsAByteOrderMarkAndWindowsLines() throws IOException {
        byte[] content =
                "\uFEFFprograms:\r\n  web:\r\n    command: x\r\n    workers: y\r\n"
                        .getBytes(StandardCharsets.UTF_8);
        assertThat(problemOf(file(content)))
                .isEqualTo(
                        """
                        services.yaml:4:14: programs.web.workers: expected a number from 0 to 10000, found "y"; write it in digits
                            workers: y
                                     ^\
                        """);
    }

    @Test
    void doesNotPrintALineThatNobodyCanRead() throws IOException {
        String line = "programs: {web: {command: x, workers: y}} # " + "x".repeat(2000);
        List<ConfigProblem> problems =
                Samples.problems(file(line.getBytes(StandardCharsets.UTF_8)));
        assertThat(problems).hasSize(1).allMatch(p -> p.excerpt().isEmpty());
    }

    @Test
    void countsProblemsBeyondAHundred() throws IOException {
        StringBuilder text = new StringBuilder("programs: {}\n");
        for (int i = 0; i < 150; i++) {
            text.append("unknown").append(i).append(": 1\n");
        }
        List<ConfigProblem> problems =
                Samples.problems(file(text.toString().getBytes(StandardCharsets.UTF_8)));
        assertThat(problems).hasSize(101);
        assertThat(problems.getLast().message()).isEqualTo("and 50 problems more");
    }

    /// Damaged samples: whatever comes out, nothing is thrown, and what is invalid says why.
    @Test
    void survivesDamage() throws IOException {
        Random random = new Random(20260101);
        for (Path sample : Samples.in("good")) {
            byte[] content = Files.readAllBytes(sample);
            for (int round = 0; round < 150; round++) {
                Path damaged = file(damaged(content, random));
                switch (Samples.load(damaged)) {
                    case LoadResult.Valid valid ->
                            assertThat(ConfigPrinter.print(valid.services())).isNotEmpty();
                    case LoadResult.Invalid invalid -> assertThat(invalid.problems()).isNotEmpty();
                }
            }
        }
    }

    private static byte[] damaged(byte[] content, Random random) {
        byte[] damaged = content.clone();
        String interesting = "{}[]:,&*!|>'\"%@`#-?<$\\ \t\n0~";
        for (int i = 0; i <= random.nextInt(4); i++) {
            damaged[random.nextInt(damaged.length)] =
                    (byte) interesting.charAt(random.nextInt(interesting.length()));
        }
        return damaged;
    }
}
