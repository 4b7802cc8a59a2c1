// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Collects what is wrong while a file is read. What is found twice at the same place (by two
/// programs that share a default, say) is kept once.
public final class Problems {
    /// More than anybody reads; the rest is counted.
    static final int MAX = 100;

    private final Set<Problem> problems = new LinkedHashSet<>();
    private final Set<Problem> warnings = new LinkedHashSet<>();

    /// Lines of which nothing can be said, since a mistake is in them.
    private final Map<Path, BitSet> broken = new HashMap<>();

    private int more;

    /// Notes something that must be put right.
    public void report(Place place, String message) {
        if (!isBroken(place)) {
            keep(place, message);
        }
    }

    /// Notes something that must be put right, if it is so: what is missing may stand where the
    /// file could not be read.
    public void reportMissing(Place place, String message) {
        if (broken.isEmpty()) {
            report(place, message);
        }
    }

    /// The same as [#report] or [#reportMissing], for what a parser says.
    public void report(Place place, Misread misread) {
        if (misread.missing()) {
            reportMissing(place, misread.reason());
        } else {
            report(place, misread.reason());
        }
    }

    /// Notes a mistake after which no value of that line is what its writer meant, so that nothing
    /// more is said of them.
    public void mistake(Place place, String message) {
        keep(place, message);
        skip(place);
    }

    /// Takes a line for one of which nothing can be said.
    public void skip(Place place) {
        broken.computeIfAbsent(place.source().file(), _ -> new BitSet()).set(place.line());
    }

    private boolean isBroken(Place place) {
        BitSet lines = broken.isEmpty() ? null : broken.get(place.source().file());
        return lines != null && lines.get(place.line());
    }

    /// Notes something that may be meant. A file that could not be read in full has other problems.
    public void warn(Place place, String message) {
        if (broken.isEmpty() && warnings.size() < MAX) {
            warnings.add(place.problem(message));
        }
    }

    /// Takes over what another one has.
    public void add(Problems others) {
        others.problems.forEach(this::keep);
        warnings.addAll(others.warnings);
        others.broken.forEach(
                (file, lines) -> broken.computeIfAbsent(file, _ -> new BitSet()).or(lines));
        more += others.more;
    }

    private void keep(Problem problem) {
        if (full()) {
            more++;
        } else {
            problems.add(problem);
        }
    }

    /// Of what is only counted, nothing is made.
    private void keep(Place place, String message) {
        if (full()) {
            more++;
        } else {
            problems.add(place.problem(message));
        }
    }

    /// Whether further ones are only counted.
    public boolean full() {
        return problems.size() >= MAX;
    }

    public boolean none() {
        return problems.isEmpty();
    }

    /// By file (in the order in which they were read), line and column.
    public List<Problem> problems() {
        List<Problem> sorted = sorted(problems);
        if (more > 0) {
            Path file = sorted.getFirst().file();
            sorted.add(new Problem(file, 0, 0, "", "and " + more + " problems more", ""));
        }
        return sorted;
    }

    public List<Problem> warnings() {
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
