// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.control.report.RotatedFiles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;

@Timeout(240)
class LogTailTest {
    @TempDir private Path directory;

    private final List<String> lines = new ArrayList<>();
    private final List<LogTail> tails = new ArrayList<>();
    private int turns;

    @AfterEach
    void close() {
        tails.forEach(LogTail::close);
    }

    private Path file() {
        return directory.resolve("web.log");
    }

    private void write(String text) throws IOException {
        Files.writeString(file(), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /// Puts the file aside, as the manager does.
    private Path turn() throws IOException {
        Path aside = directory.resolve("web.log-20261123T1015%02d.123Z".formatted(turns++));
        return Files.move(file(), aside);
    }

    private static void compress(Path file) throws IOException {
        Path part = file.resolveSibling("part-" + file.getFileName());
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(part))) {
            Files.copy(file, out);
        }
        Files.move(part, RotatedFiles.compressed(file), StandardCopyOption.ATOMIC_MOVE);
        Files.delete(file);
    }

    private LogTail tail() {
        LogTail tail = new LogTail(file(), line -> lines.add(new String(line, UTF_8)));
        tails.add(tail);
        return tail;
    }

    private List<String> last(int count) throws IOException {
        lines.clear();
        LogTail tail = tail();
        tail.last(count);
        tail.end();
        return lines;
    }

    @Test
    void showsTheLastLines() throws IOException {
        assertThat(last(3)).isEmpty();
        write("one\ntwo\nthree\nfour\n");
        assertThat(last(2)).containsExactly("three", "four");
        assertThat(last(4)).containsExactly("one", "two", "three", "four");
        assertThat(last(9)).containsExactly("one", "two", "three", "four");
        assertThat(last(0)).isEmpty();
        write("half");
        assertThat(last(2)).containsExactly("four", "half");
    }

    @Test
    void showsTheLastLinesOfLongFiles() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            text.append("line ").append(i).append('\n');
        }
        write(text.toString());
        assertThat(last(15_000)).hasSize(15_000).startsWith("line 5000").endsWith("line 19999");
    }

    @Test
    void showsLinesOfFilesThatWerePutAside() throws IOException {
        write("one\ntwo\n");
        compress(turn());
        write("three\nfour\n");
        turn();
        write("five\n");
        Files.writeString(directory.resolve("web.log-20261123"), "not ours\n");
        assertThat(last(2)).containsExactly("four", "five");
        assertThat(last(4)).containsExactly("two", "three", "four", "five");
        assertThat(last(100)).containsExactly("one", "two", "three", "four", "five");
        Files.delete(file());
        assertThat(last(3)).containsExactly("two", "three", "four");
    }

    @Test
    void showsTheLastOfThoseThatAreWanted() throws IOException {
        write("a 1\nb 1\na 2\n");
        turn();
        write("b 2\na 3\nb 3\n");
        LogTail tail =
                new LogTail(
                        file(),
                        new LogTail.Taker() {
                            @Override
                            public void line(byte[] line) {
                                lines.add(new String(line, UTF_8));
                            }

                            @Override
                            public boolean wants(byte[] line) {
                                return line[0] == 'a';
                            }

                            @Override
                            public boolean wantsAll() {
                                return false;
                            }
                        });
        tails.add(tail);
        tail.last(2);
        assertThat(lines).containsExactly("a 2", "a 3");
        write("b 4\na 4\n");
        tail.more();
        assertThat(lines).containsExactly("a 2", "a 3", "a 4");
    }

    @Test
    void followsFromFileToFile() throws IOException {
        LogTail tail = tail();
        tail.last(0);
        assertThat(tail.more()).isFalse();
        write("one\nha");
        assertThat(tail.more()).isTrue();
        assertThat(tail.more()).isFalse();
        write("lf\n");
        turn();
        write("two\n");
        tail.more();
        assertThat(lines).containsExactly("one", "half", "two");
    }

    @Test
    void missesNothingWhenSeveralWerePutAsideAtOnce() throws IOException {
        write("old\n");
        turn();
        write("one\n");
        LogTail tail = tail();
        tail.last(1);
        write("two\n");
        compress(turn());
        write("three\n");
        compress(turn());
        write("four\n");
        turn();
        write("five\n");
        tail.more();
        assertThat(lines).containsExactly("one", "two", "three", "four", "five");
        write("six\n");
        tail.more();
        assertThat(lines).endsWith("six");
    }

    @Test
    void beginsAnewWhenTheFileIsEmptied() throws IOException {
        write("one\n");
        LogTail tail = tail();
        tail.last(9);
        Files.newOutputStream(file(), StandardOpenOption.TRUNCATE_EXISTING).close();
        tail.more();
        write("2\n");
        tail.more();
        assertThat(lines).containsExactly("one", "2");
    }

    @Test
    void seesEachLineOnceWhateverHappensInBetween() throws IOException {
        for (long seed = 0; seed < 200; seed++) {
            wander(new Random(seed), seed);
        }
    }

    private void wander(Random random, long seed) throws IOException {
        Path mine = Files.createDirectory(directory.resolve("seed" + seed));
        Path log = mine.resolve("web.log");
        List<String> written = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        List<Path> plain = new ArrayList<>();
        LogTail tail = new LogTail(log, line -> seen.add(new String(line, UTF_8)));
        tail.last(10);
        for (int i = 0; i < 60; i++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    written.add("line " + i);
                    Files.writeString(
                            log,
                            "line " + i + "\n",
                            StandardOpenOption.CREATE,
                            StandardOpenOption.APPEND);
                }
                case 1 -> {
                    if (Files.exists(log)) {
                        String name = "web.log-20261123T1015%02d.123Z".formatted(i);
                        plain.add(Files.move(log, mine.resolve(name)));
                    }
                }
                case 2 -> {
                    if (!plain.isEmpty()) {
                        compress(plain.removeFirst());
                    }
                }
                default -> tail.more();
            }
        }
        Files.writeString(log, "end\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        written.add("end");
        tail.more();
        tail.close();
        assertThat(seen).as("seed %d", seed).isEqualTo(written);
    }

    /// Files of one line each, as fast as they can be put aside and compressed, by others than who
    /// looks.
    @Test
    void seesEachLineOnceWhileOthersPutFilesAside() throws Exception {
        int files = 500;
        BlockingQueue<Path> plain = new LinkedBlockingQueue<>();
        Path last = directory.resolve("last");
        write("line 0\n");
        LogTail tail = tail();
        try (ExecutorService others = Executors.newFixedThreadPool(2)) {
            Future<?> writer =
                    others.submit(
                            () -> {
                                for (int i = 1; i < files; i++) {
                                    plain.add(Files.move(file(), named(i)));
                                    write("line " + i + "\n");
                                }
                                return plain.add(last);
                            });
            Future<?> rotator =
                    others.submit(
                            () -> {
                                for (Path each = plain.take();
                                        !each.equals(last);
                                        each = plain.take()) {
                                    compress(each);
                                }
                                return null;
                            });
            tail.last(files);
            while (!writer.isDone() || !rotator.isDone()) {
                tail.more();
            }
            writer.get();
            rotator.get();
        }
        tail.more();
        assertThat(lines).isEqualTo(IntStream.range(0, files).mapToObj(i -> "line " + i).toList());
    }

    private Path named(int i) {
        return directory.resolve("web.log-20261123T10%02d%02d.123Z".formatted(i / 60, i % 60));
    }
}
