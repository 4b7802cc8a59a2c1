// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.wire.WireJsonFuzz;
import org.einhyrningsins.manager.NotifyFuzz;
import org.einhyrningsins.manager.StateFuzz;
import org.einhyrningsins.manager.output.AckLineMatcherFuzz;
import org.einhyrningsins.manager.page.HttpFuzz;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What was thrown at the decoders once and is kept: seeds, and whatever broke one. Each input has
/// a thread with the stack of the manager's and a time limit.
class CorpusTest {
    private static final Path CORPUS = Path.of("src/test/resources/org/einhyrningsins/fuzz");
    private static final int STACK_BYTES = 256 * 1024;
    private static final int LIMIT_MILLIS = 20_000;

    private static final Map<String, Consumer<byte[]>> TARGETS =
            Map.of(
                    "wire", WireJsonFuzz::fuzzerTestOneInput,
                    "state", StateFuzz::fuzzerTestOneInput,
                    "notify", NotifyFuzz::fuzzerTestOneInput,
                    "http", HttpFuzz::fuzzerTestOneInput,
                    "logear", AckLineMatcherFuzz::fuzzerTestOneInput);

    @ParameterizedTest
    @MethodSource("inputs")
    void survives(Path input) throws Exception {
        byte[] bytes = Files.readAllBytes(CORPUS.resolve(input));
        Consumer<byte[]> target = target(input.getName(0).toString());
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(null, () -> target.accept(bytes), "input", STACK_BYTES);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((ignored, e) -> thrown.set(e));
        thread.start();
        thread.join(LIMIT_MILLIS);
        assertThat(thread.isAlive()).as("still at it").isFalse();
        assertThat(thrown.get()).isNull();
    }

    @Test
    void everyTargetHasSeeds() throws IOException {
        assertThat(inputs().stream().map(input -> input.getName(0).toString()))
                .containsAll(TARGETS.keySet());
    }

    @Test
    void theFuzzerFindsTheClassOfEachTarget() throws IOException {
        Matcher named =
                Pattern.compile("(?m)^(\\w+)\\) class=([\\w.]+)")
                        .matcher(Files.readString(Path.of("src/build/fuzz")));
        Set<String> targets = new TreeSet<>();
        while (named.find()) {
            targets.add(named.group(1));
            String file = named.group(2).replace('.', '/') + ".java";
            assertThat(Path.of("src/test/java/org/einhyrningsins").resolve(file)).exists();
        }
        assertThat(targets).isEqualTo(new TreeSet<>(TARGETS.keySet()));
    }

    private static Consumer<byte[]> target(String name) {
        return Objects.requireNonNull(TARGETS.get(name), name);
    }

    private static List<Path> inputs() throws IOException {
        try (Stream<Path> files = Files.walk(CORPUS, 2)) {
            return new ArrayList<>(
                    files.filter(Files::isRegularFile).map(CORPUS::relativize).sorted().toList());
        }
    }
}
