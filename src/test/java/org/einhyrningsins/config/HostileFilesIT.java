// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// Files that are made to hurt, read by the shipped program in the heap that a manager has: each
/// ends in a clear error. How long it took is told, not judged, since machines differ; see
/// tests/bench.
class HostileFilesIT {
    private static final String PROGRAM =
            Path.of("target/dist/bin/einhyrningsins").toAbsolutePath().toString();
    private static final int PATIENCE_SECONDS = 60;

    @TempDir Path directory;

    /// What one line of a file may just have.
    private static final int LINE = 130_000;

    @Test
    void refusesWhatIsTooLargeBeforeReadingIt() throws Exception {
        Path huge = directory.resolve("huge.yaml");
        try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength(100L << 20);
        }
        refuses(huge, "larger than 2 MiB");
        refuses(Path.of("/dev/zero"), "not a regular file");
        refuses(file("include: /dev/zero"), "not a regular file");
    }

    @Test
    void refusesLongLinesAndDeepNesting() throws Exception {
        refuses(file("programs: " + "[".repeat(500_000)), "longer than 131,071 characters");
        refuses(file(("[".repeat(LINE) + "\n").repeat(15)), "nested deeper than 50 levels");
        refuses(file(("- ".repeat(LINE / 2) + "\n").repeat(15)), "nested deeper than 50 levels");
        refuses(file(("? ".repeat(LINE / 2) + "\n").repeat(15)), "nested deeper than 50 levels");
        refuses(file("programs: >\n" + "  a\n".repeat(500_000)), "expected a map of programs");
    }

    @Test
    void refusesBombs() throws Exception {
        refuses(file("a: &a [x,x,x,x,x,x,x,x,x]\n" + laughs()), "more than 100,000 values");
        refuses(
                file("defaults: {env: {" + many("A%d: x,", 3_000) + "}}\n" + programs(1_000)),
                "more than 200,000 values");
        refuses(
                file("programs: {web: {command: [\"" + "${env.PATH}".repeat(11_000) + "\"]}}"),
                "more than 131,071 characters");
    }

    private static String laughs() {
        StringBuilder text = new StringBuilder();
        for (char c = 'b'; c < 'k'; c++) {
            String before = ("*" + (char) (c - 1) + ",").repeat(9);
            text.append(c).append(": &").append(c).append(" [").append(before).append("]\n");
        }
        return text.append("programs: {}\n").toString();
    }

    @Test
    void refusesTooMuchOfEverything() throws Exception {
        String each = many("p%d: {command: /bin/sh},", 15_000);
        refuses(file("programs: {" + each + "}"), "more than 10,000 programs");
        refuses(
                file("programs: {web: {command: x, bind: [" + many("\":%d\",", 60_000) + "]}}"),
                "more than 10,000 sockets");
        refuses(file(many("key%d: 1\n", 49_000)), " problems more");
        Files.writeString(directory.resolve("big.env"), many("A%d=x\n", 150_000));
        refuses(file("programs: {web: {command: x, env-file: big.env}}"), "than 10,000 variables");
    }

    @Test
    void refusesMistakesByTheThousand() throws Exception {
        String more = " problems more";
        refuses(file("a: [\n" + many("  \u00A0k%d: 1\n", 100_000)), more);
        refuses(file("a: [\n" + "<<<<<<< a\n=======\n".repeat(50_000)), more);
        refuses(file(many("[%d]: 1\n", 40_000)), more);
        String defaults = "defaults: {nice: 1000, comand: x, stop: {tmeout: 1}, env: {A: $PATH}}";
        String all = "programs: {\n" + many("p%d: {command: x},\n", 9_000) + "}\n" + defaults;
        refuses(file(all), "did you mean timeout?");
    }

    @Test
    void refusesFoldersOfFiles() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("many"));
        for (int i = 0; i < 20_000; i++) {
            Files.createFile(folder.resolve(i + ".yaml"));
        }
        refuses(file("include: many/*.yaml"), "more than 10,000 files");
        refuses(file("include: services.yaml"), "cannot include itself");
        Files.createSymbolicLink(directory.resolve("loop.yaml"), Path.of("loop.yaml"));
        refuses(directory.resolve("loop.yaml"), "leads back to itself");
    }

    @Test
    void makesNoObjects() throws Exception {
        String tag = "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[]]]";
        refuses(file("programs: " + tag), "is not understood; leave it out");
    }

    private static String programs(int number) {
        return "programs: {\n" + many("p%d: {},\n", number) + "}";
    }

    /// Those of one line are no longer than a line may be.
    private static String many(String pattern, int number) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < number; i++) {
            text.append(pattern.replace("%d", Integer.toString(i)));
            text.append(i % 1_000 == 999 && pattern.endsWith(",") ? "\n" : "");
        }
        return text.toString();
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("services.yaml"), text);
    }

    private void refuses(Path file, String why) throws Exception {
        Path said = directory.resolve("said");
        long began = System.nanoTime();
        Process check =
                new ProcessBuilder(PROGRAM, "check", file.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();
        boolean ended = check.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        check.destroyForcibly();
        long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        String text = Files.readString(said, StandardCharsets.UTF_8);
        String start = text.substring(0, Math.min(2_000, text.length()));
        assertThat(ended).as(why).isTrue();
        System.out.println("hostile: " + took + " ms: " + why);
        assertThat(text).as(start).contains(why).doesNotContain("OutOfMemory", "\tat ", "-Xmx");
        assertThat(check.exitValue()).as(start).isEqualTo(3);
    }
}
