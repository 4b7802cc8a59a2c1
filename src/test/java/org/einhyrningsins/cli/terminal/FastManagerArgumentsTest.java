// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.cli.client.Completion;
import org.einhyrningsins.cli.launch.LaunchModel;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// Two readers of one command line: what the quick one takes means to it what it means to the
/// other.
class FastManagerArgumentsTest {
    private static final int LINES = 20_000;

    /// Of which random lines are made: every option in its forms, values good and bad, programs.
    private static final String[] WORDS = {
        "-c",
        "--config",
        "s.yaml",
        "--config=s.yaml",
        "-d",
        "/run/x.sock",
        "--socket-path=x",
        "-e",
        "--pidfile",
        "-f",
        "--lockfile=l",
        "-v",
        "--verbose",
        "-q",
        "--quiet",
        "-n",
        "4",
        "-n4",
        "-n=4",
        "--number",
        "--number=",
        "--number=2",
        "-1",
        "-b",
        "127.0.0.1:80",
        "[::1]:0,r,n",
        "--bind=127.0.0.1:81,so_reuseaddr",
        "-b",
        "-4",
        "-6",
        "--ipv4-only",
        "-l",
        "--backlog=9",
        "10",
        "-m",
        "-mmanual",
        "-m10",
        "-vv",
        "--num",
        "--m",
        "manual",
        "1.5",
        ".5",
        ".",
        "1..2",
        "--manual",
        "--ack-mode",
        "-r",
        "--retries=3",
        "-s",
        "--seconds=0.5",
        "-t",
        "--signal-timeout=9",
        "--max-unacked=2",
        "--max-upgrade-additional",
        "--drop-env-var",
        "HOME",
        "--drop-env-var=A=B",
        "--nice=5:6",
        "--nice",
        "--command-name",
        "web",
        "--command-name=all",
        "-g",
        "-k",
        "--syslog",
        "-kgm",
        "--syslog=x",
        "--preload=x",
        "--gc-before-fork",
        "-h",
        "-V",
        "--version",
        "--",
        "-",
        "",
        "./web",
        "check",
        "print",
        "version",
        "help",
        "@s.yaml",
        "--bogus",
        "-x",
        "'4'",
        "\"4\"",
    };

    @Test
    void whatTheQuickReaderTakesIsWhatTheOtherReads() {
        Random random = new Random(3);
        int taken = 0;
        for (int i = 0; i < LINES; i++) {
            String[] line = line(random);
            LaunchOptions quick = FastManagerArguments.read(line);
            if (quick != null) {
                taken++;
                assertThat(LaunchModel.read(line))
                        .as("%s", List.of(line))
                        .isEqualTo(new LaunchModel.Run(quick));
            }
        }
        assertThat(taken).isGreaterThan(LINES / 20);
    }

    private static String[] line(Random random) {
        List<String> line = new ArrayList<>();
        for (int length = random.nextInt(6); length >= 0; length--) {
            line.add(WORDS[random.nextInt(WORDS.length)]);
        }
        if (random.nextBoolean()) {
            line.add("./web");
        }
        return line.toArray(new String[0]);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-c services.yaml",
                "--config=s.yaml -d x.sock -e pid -f lock -q",
                "./web",
                "-n 4 -m -b 0.0.0.0:80,r ./web -x --y",
                "-m manual -b [::1]:80 -b 127.0.0.1:80,r,n -d x.sock -- ./web",
                "-m 2.5 --drop-env-var A --drop-env-var B -v -q ./web",
                "-n 2 check services.yaml",
            })
    void everydayLinesAreRead(String line) {
        assertThat(FastManagerArguments.read(line.split(" "))).isNotNull();
    }

    @Test
    void everyOptionIsRead() {
        Set<String> special =
                Set.of("--help", "--version", "--preload", "--gc-before-fork", "--reexec-as");
        for (Completion.Choice option : LaunchModel.choices(List.of("x"), "--")) {
            String name = option.word();
            boolean quick =
                    read(name, "./web")
                            || read(name + "=1", "./web")
                            || read(name + "=127.0.0.1:1", "./web");
            boolean own =
                    switch (name) {
                        case "--config" -> read(name, "s.yaml");
                        case "--reset" -> read(name, "-c", "s.yaml");
                        default -> quick;
                    };
            assertThat(own).as(name).isEqualTo(!special.contains(name));
        }
    }

    private static boolean read(String... line) {
        return FastManagerArguments.read(line) != null;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "check s.yaml",
                "-c s.yaml ./web",
                "-c s.yaml -n 2",
                "-n many ./web",
                "-n",
                "-v -v ./web",
                "-4 -6 -b :80 ./web",
                "-n2 ./web",
                "-d -e ./web",
            })
    void theRestIsLeftToTheOther(String line) {
        assertThat(FastManagerArguments.read(line.isEmpty() ? new String[0] : line.split(" ")))
                .isNull();
    }
}
