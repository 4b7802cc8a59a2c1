// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

class FactStoreTest {
    private final Path directory;
    private final StringBuilder log = new StringBuilder();

    FactStoreTest(@TempDir Path directory) {
        this.directory = directory.resolve("state");
    }

    @Test
    void theNextManagerHasThemInTheirOrder() throws IOException {
        FactStore store = open();
        store.add(fact(1, "web", "a \"quoted\" word\\ and\na line, ü"));
        store.add(fact(2, "", "for the manager"));
        settle(store);
        FactStore next = open();
        next.add(fact(3, "web", "newer"));
        settle(next);
        assertThat(next.since(0, Set.of()))
                .containsExactly(
                        fact(1, "web", "a \"quoted\" word\\ and\na line, ü"),
                        fact(2, "", "for the manager"),
                        fact(3, "web", "newer"));
        assertThat(next.since(2, Set.of("web"))).containsExactly(fact(3, "web", "newer"));
        assertThat(log).isEmpty();
    }

    @Test
    void aLineThatIsCutShortIsSetAsideWithAWord() throws IOException {
        FactStore store = open();
        store.add(fact(1, "web", "whole"));
        settle(store);
        Path file = directory.resolve(FactStore.FILE);
        Files.writeString(file, "{\"at\":\"2026-11", StandardOpenOption.APPEND);
        FactStore next = open();
        next.add(fact(2, "web", "after"));
        settle(next);
        assertThat(next.since(0, Set.of())).hasSize(2);
        assertThat(log).contains("damaged").contains("facts.set-aside");
        assertThat(directory.resolve("facts.set-aside")).hasContent("{\"at\":\"2026-11");
        log.setLength(0);
        assertThat(opened().since(0, Set.of())).hasSize(2);
        assertThat(log).isEmpty();
    }

    @Test
    void aProgramThatIsBusyDoesNotPushOutTheOthers() {
        FactRing ring = new FactRing();
        ring.add(fact(1, "quiet", "started"));
        for (int i = 0; i < 10_000; i++) {
            ring.add(fact(2 + i, "busy", "exited"));
        }
        assertThat(ring.since(0, Set.of("quiet"))).hasSize(1);
        assertThat(ring.since(0, Set.of("busy"))).hasSize(FactRing.MAX_OF_PROGRAM);
    }

    @Test
    void theOldestOfAllGoWhereThereAreTooMany() {
        FactRing ring = new FactRing();
        for (int i = 0; i < 30_000; i++) {
            ring.add(fact(i, "p" + i % 200, "x"));
        }
        assertThat(ring.count()).isLessThanOrEqualTo(FactRing.MAX_FACTS).isGreaterThan(9_000);
        List<Fact> left = ring.since(0, Set.of());
        assertThat(left.getLast().atMillis()).isEqualTo(29_999);
        assertThat(left.getFirst().atMillis()).isGreaterThan(19_000);
    }

    @Test
    void filesStayBounded() throws IOException {
        FactStore store = open();
        String long500 = "x".repeat(500);
        for (int i = 0; i < 30_000; i++) {
            store.add(fact(i, "p" + i % 50, long500));
            if (i % 1_000 == 0) {
                settle(store);
            }
        }
        settle(store);
        Path newer = directory.resolve(FactStore.FILE);
        assertThat(Files.exists(newer) ? Files.size(newer) : 0)
                .isLessThan(FactStore.MAX_BYTES + 2_000_000L);
        assertThat(Files.size(directory.resolve(FactStore.OLDER)))
                .isLessThan(FactStore.MAX_BYTES + 2_000_000L);
        List<Fact> read = opened().since(0, Set.of());
        assertThat(read.getLast().atMillis()).isEqualTo(29_999);
    }

    @Test
    void whatCannotBeWrittenIsKeptAndToldOnce() throws IOException {
        Files.createDirectories(directory.getParent());
        Files.writeString(directory, "a file in the way");
        FactStore store = new FactStore(managerLog());
        store.open(new StateDirectory(directory));
        for (int i = 0; i < 3; i++) {
            store.add(fact(i, "web", "x"));
            store.flush();
        }
        assertThat(store.since(0, Set.of())).hasSize(3);
        assertThat(log.toString().lines()).hasSizeBetween(1, 2);
        Files.delete(directory);
        store.add(fact(9, "web", "x"));
        settle(store);
        assertThat(opened().since(0, Set.of())).hasSize(4);
    }

    /// However busy the machine is.
    private static void settle(FactStore store) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!store.isWritten() && System.nanoTime() < end) {
            store.flush();
        }
    }

    private FactStore open() {
        return opened();
    }

    /// Opens and waits until it has read what is there.
    private FactStore opened() {
        FactStore store = new FactStore(managerLog());
        store.open(new StateDirectory(directory));
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (store.isLoading() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        return store;
    }

    private ManagerLog managerLog() {
        return new ManagerLog(
                line -> log.append(new String(line, StandardCharsets.UTF_8)), LogSpec.DEFAULT);
    }

    private static Fact fact(long at, String program, String message) {
        return new Fact(at, program, 0, 42, FactKind.EXITED, message, Map.of("code", "3"));
    }
}
