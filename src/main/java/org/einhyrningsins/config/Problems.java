// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Collects what is wrong while a file is read. What is found twice at the same place (by two
/// programs that share a default, say) is kept once.
final class Problems {
    /// More than anybody reads; the rest is counted.
    static final int MAX = 100;

    private final Set<Problem> problems = new LinkedHashSet<>();
    private final Set<Problem> warnings = new LinkedHashSet<>();
    private int more;

    /// Notes something that must be put right.
    void report(Place place, String message) {
        if (problems.size() < MAX) {
            problems.add(place.problem(message));
        } else {
            more++;
        }
    }

    /// Notes something that may be meant.
    void warn(Place place, String message) {
        if (warnings.size() < MAX) {
            warnings.add(place.problem(message));
        }
    }

    /// Whether further ones are only counted.
    boolean full() {
        return problems.size() >= MAX;
    }

    boolean none() {
        return problems.isEmpty();
    }

    /// By file (in the order in which they were read), line and column.
    List<Problem> problems() {
        List<Problem> sorted = sorted(problems);
        if (more > 0) {
            Path file = sorted.getFirst().file();
            sorted.add(new Problem(file, 0, 0, "", "and " + more + " problems more", ""));
        }
        return sorted;
    }

    List<Problem> warnings() {
        return sorted(warnings);
    }

    private static List<Problem> sorted(Collection<Problem> found) {
        Map<Path, List<Problem>> byFile = new LinkedHashMap<>();
        for (Problem problem : found) {
            byFile.computeIfAbsent(problem.file(), _ -> new ArrayList<>()).add(problem);
        }
        List<Problem> sorted = new ArrayList<>();
        for (List<Problem> ofFile : byFile.values()) {
            ofFile.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
            sorted.addAll(ofFile);
        }
        return sorted;
    }
}
