// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// The state diagram is what `arrows.list` says: no arrow less, no arrow more.
final class ArrowsTest {
    private static final String RARELY = "rarely ";
    private static final int SEEDS = 2_000;
    private static final Arrows ARROWS = new Arrows();

    @BeforeAll
    static void takeAllArrows() throws IOException {
        for (Path file : TranscriptTest.transcripts()) {
            new Script(ARROWS).play(Files.readString(file));
        }
        for (int seed = 1; seed <= SEEDS; seed++) {
            new Simulation(seed, ARROWS).run();
        }
    }

    /// The lines of the list.
    static Set<String> listed() throws IOException {
        return Files.readAllLines(Path.of("src/test/resources/core/arrows.list")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyArrowOfTheDiagramIsTaken() throws IOException {
        Set<String> due = listed();
        due.removeIf(arrow -> arrow.startsWith(RARELY));
        assertThat(ARROWS.taken().keySet()).containsAll(due);
    }

    @Test
    void noOtherArrowIsTaken() throws IOException {
        assertThat(others(ARROWS)).isEmpty();
    }

    /// What was taken and is not in the list.
    static Set<String> others(Arrows arrows) throws IOException {
        Set<String> taken = new TreeSet<>(arrows.taken().keySet());
        for (String arrow : listed()) {
            taken.remove(arrow.startsWith(RARELY) ? arrow.substring(RARELY.length()) : arrow);
        }
        return taken;
    }
}
