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
public final class ProblemCollector {
    /// Maximum number of problems; further ones are counted.
    static final int MAX = 100;

    private final Set<ConfigProblem> problems = new LinkedHashSet<>();
    private final Set<ConfigProblem> warnings = new LinkedHashSet<>();

    /// Lines of which nothing can be said, since a mistake is in them.
    private final Map<Path, BitSet> broken = new HashMap<>();

    private int more;

    /// Notes something that must be put right.
    public void report(SourcePosition sourcePosition, String message) {
        if (!isBroken(sourcePosition)) {
            store(sourcePosition, message);
        }
    }

    /// Notes something that must be put right, if it is so: what is missing may stand where the
    /// file could not be read.
    public void reportMissing(SourcePosition sourcePosition, String message) {
        if (broken.isEmpty()) {
            report(sourcePosition, message);
        }
    }

    /// The same as [#report] or [#reportMissing], for what a parser says.
    public void report(SourcePosition sourcePosition, ValueException valueException) {
        if (valueException.missing()) {
            reportMissing(sourcePosition, valueException.reason());
        } else {
            report(sourcePosition, valueException.reason());
        }
    }

    /// Notes a mistake after which no value of that line is what its writer meant, so that nothing
    /// more is said of them.
    public void mistake(SourcePosition sourcePosition, String message) {
        store(sourcePosition, message);
        skip(sourcePosition);
    }

    /// Takes a line for one of which nothing can be said.
    public void skip(SourcePosition sourcePosition) {
        broken.computeIfAbsent(sourcePosition.source().file(), _ -> new BitSet())
                .set(sourcePosition.line());
    }

    private boolean isBroken(SourcePosition sourcePosition) {
        BitSet lines = broken.isEmpty() ? null : broken.get(sourcePosition.source().file());
        return lines != null && lines.get(sourcePosition.line());
    }

    /// Notes something that may be meant. A file that could not be read in full has other problems.
    public void warn(SourcePosition sourcePosition, String message) {
        if (broken.isEmpty() && warnings.size() < MAX) {
            warnings.add(sourcePosition.problem(message));
        }
    }

    /// Takes over what another one has.
    public void add(ProblemCollector others) {
        others.problems.forEach(this::store);
        warnings.addAll(others.warnings);
        others.broken.forEach(
                (file, lines) -> broken.computeIfAbsent(file, _ -> new BitSet()).or(lines));
        more += others.more;
    }

    private void store(ConfigProblem configProblem) {
        if (full()) {
            more++;
        } else {
            problems.add(configProblem);
        }
    }

    /// Keeps a problem, or only counts it.
    private void store(SourcePosition sourcePosition, String message) {
        if (full()) {
            more++;
        } else {
            problems.add(sourcePosition.problem(message));
        }
    }

    /// True if further problems are only counted.
    public boolean full() {
        return problems.size() >= MAX;
    }

    public boolean none() {
        return problems.isEmpty();
    }

    /// Returns the problems by file (in the order in which they were read), line and column.
    public List<ConfigProblem> problems() {
        List<ConfigProblem> sorted = sorted(problems);
        if (more > 0) {
            Path file = sorted.getFirst().file();
            sorted.add(new ConfigProblem(file, 0, 0, "", "and " + more + " problems more", ""));
        }
        return sorted;
    }

    public List<ConfigProblem> warnings() {
        return sorted(warnings);
    }

    private static List<ConfigProblem> sorted(Collection<ConfigProblem> found) {
        Map<Path, List<ConfigProblem>> byFile = new LinkedHashMap<>();
        for (ConfigProblem configProblem : found) {
            byFile.computeIfAbsent(configProblem.file(), _ -> new ArrayList<>()).add(configProblem);
        }
        List<ConfigProblem> sorted = new ArrayList<>();
        for (List<ConfigProblem> ofFile : byFile.values()) {
            ofFile.sort(
                    Comparator.comparingInt(ConfigProblem::line)
                            .thenComparingInt(ConfigProblem::column));
            sorted.addAll(ofFile);
        }
        return sorted;
    }
}
