// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import org.einhyrningsins.cli.ResidentClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Runs each short scenario of `tests/e2e/` as a test: the shipped program, real workers, real
/// load.
///
/// A scenario whose needs are missing is aborted with the name of the package, or fails where
/// EINHYRNINGSINS_CI is set. The scenarios clean up after themselves, and the script ends one that
/// takes too long.
final class ScenariosIT {
    /// What `tests/e2e/run` exits with when all that was asked for lacks something it needs.
    private static final int SKIPPED = 77;

    /// Longer than the limit of the script itself, which then says what was going on.
    private static final Duration LIMIT = Duration.ofMinutes(20);

    private static final Path ROOT = Path.of("").toAbsolutePath();
    private static final String SCRIPT = ROOT.resolve("tests/e2e/run").toString();

    private static @Nullable ResidentClient client;

    @BeforeAll
    static void openTheClient() throws IOException {
        client = ResidentClient.open();
    }

    @AfterAll
    static void closeTheClient() throws IOException {
        if (client != null) {
            client.close();
        }
    }

    /// Four at a time: each has its own directory, ports and processes, and mostly waits.
    @TestFactory
    @Execution(ExecutionMode.CONCURRENT)
    Stream<DynamicTest> keepsItsPromises() throws Exception {
        Outcome listed = run(List.of(SCRIPT, "--list", "short"));
        assertThat(listed.status()).as(listed.text()).isZero();
        List<String> names = listed.text().lines().toList();
        assertThat(names).contains("hello", "roll-smooth", "loss-is-seen");
        return names.stream()
                .map(name -> DynamicTest.dynamicTest(name, scenario(name), () -> play(name)));
    }

    private static URI scenario(String name) {
        return ROOT.resolve("tests/e2e").resolve(name).resolve("run.py").toUri();
    }

    private static void play(String name) throws Exception {
        Outcome outcome = run(List.of(SCRIPT, name));
        System.out.print(outcome.text());
        if (outcome.status() == SKIPPED) {
            abort(outcome.text());
        }
        assertThat(outcome.status()).as(outcome.text()).isZero();
    }

    private record Outcome(int status, String text) {}

    private static Outcome run(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("scenario", ".txt");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .directory(ROOT.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile());
            if (client != null) {
                builder.environment().put("E2E_CLIENT", client.path().toString());
            }
            Process process = builder.start();
            process.getOutputStream().close();
            int status = statusOf(process);
            return new Outcome(status, Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }

    private static int statusOf(Process process) throws InterruptedException {
        try {
            if (process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                return process.exitValue();
            }
            return -1;
        } finally {
            // TERM: the script then ends its scenario, which cleans up
            process.destroy();
        }
    }
}
