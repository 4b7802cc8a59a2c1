// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.check;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Pattern;

/// Checks `after` over all programs: the names are there, a condition can hold, nobody comes after
/// itself, and nobody does so by way of others.
public final class DependencyCheck {
    private static final Pattern UNIT = Pattern.compile(".+\\.(target|service|socket|mount)");

    private static final int MAX_SHOWN = 20;

    private final ProblemCollector problemCollector;
    private final ValueReader valueReader;
    private final Map<String, List<Dependency>> after = new LinkedHashMap<>();

    public DependencyCheck(ProblemCollector problemCollector, ValueReader valueReader) {
        this.problemCollector = problemCollector;
        this.valueReader = valueReader;
    }

    /// A program that is named in `after`.
    ///
    /// @param place of its name
    /// @param when value of the key; null if it has none
    /// @param restartWith the same
    /// @param group through which it is named; null for none
    private record Dependency(
            SourcePosition place,
            String name,
            @Nullable Scalar when,
            @Nullable Scalar restartWith,
            @Nullable String group) {
        private Dependency memberOf(String member) {
            return new Dependency(place, member, when, restartWith, name);
        }

        private String way() {
            return group == null ? "" : "; " + group + " has it";
        }

        static @Nullable Dependency of(ConfigNode node) {
            Scalar name = node instanceof Mapping map ? scalar(map, "program") : scalar(node);
            return name == null
                    ? null
                    : new Dependency(
                            name.place(),
                            name.text(),
                            node instanceof Mapping map ? scalar(map, "when") : null,
                            node instanceof Mapping map ? scalar(map, "restart-with") : null,
                            null);
        }

        private static @Nullable Scalar scalar(Mapping map, String key) {
            Entry entry = map.entries().get(key);
            return entry == null ? null : scalar(entry.value());
        }

        private static @Nullable Scalar scalar(ConfigNode node) {
            return node instanceof Scalar scalar && !scalar.isNull() ? scalar : null;
        }
    }

    /// Notes what a program comes after.
    ///
    /// @param program with its defaults
    public void add(String name, ConfigNode program) {
        List<Dependency> all = new ArrayList<>();
        Entry entry = program instanceof Mapping map ? map.entries().get("after") : null;
        for (ConfigNode node :
                entry == null ? List.<ConfigNode>of() : valueReader.oneOrMany(entry.value())) {
            Dependency dependency = Dependency.of(node);
            if (dependency != null) {
                all.add(dependency);
            }
        }
        after.put(name, all);
    }

    /// Reports what is wrong, once all programs are known.
    ///
    /// @param groups names of programs, by the name of the group
    public void finish(
            Map<String, ProgramSpec> programs, SequencedMap<String, List<String>> groups) {
        after.replaceAll((name, others) -> expanded(others, groups));
        after.forEach(this::checkNames);
        after.forEach((name, others) -> checkTerms(name, others, programs));
        Set<String> done = new HashSet<>();
        for (String name : after.keySet()) {
            if (done.add(name)) {
                search(name, done);
            }
        }
    }

    private static List<Dependency> expanded(
            List<Dependency> others, SequencedMap<String, List<String>> groups) {
        List<Dependency> all = new ArrayList<>();
        for (Dependency other : others) {
            List<String> members = groups.get(other.name());
            if (members == null) {
                all.add(other);
            } else {
                members.forEach(member -> all.add(other.memberOf(member)));
            }
        }
        return all;
    }

    private void checkNames(String name, List<Dependency> others) {
        Set<String> named = new HashSet<>();
        for (Dependency other : others) {
            String text = other.name();
            if (text.equals(name)) {
                boolean shared = other.place().trail().toString().startsWith("defaults");
                String way = shared ? "; give it an 'after: []' of its own" : "";
                problemCollector.report(
                        other.place(), name + " cannot come after itself" + other.way() + way);
            } else if (!named.add(text)) {
                problemCollector.report(
                        other.place(), TextUtil.quoted(text) + " is named twice" + other.way());
            } else if (!after.containsKey(text)) {
                problemCollector.reportMissing(other.place(), unknown(text));
            }
        }
    }

    private void checkTerms(
            String name, List<Dependency> others, Map<String, ProgramSpec> programs) {
        ProgramSpec program = programs.get(name);
        for (Dependency dependency : others) {
            ProgramSpec other = programs.get(dependency.name());
            Scalar when = dependency.when();
            if (when != null
                    && when.text().equals("done")
                    && other != null
                    && !other.endsByItself()) {
                problemCollector.report(
                        when.place(),
                        other.name()
                                + " is no job, so it is never done; write when: ready, or kind: job"
                                + " in "
                                + other.name());
            }
            Scalar restartWith = dependency.restartWith();
            if (restartWith != null
                    && restartWith.isTrue()
                    && program != null
                    && program.job() != null) {
                problemCollector.report(
                        restartWith.place(),
                        "a job is not restarted with others; leave out restart-with");
            }
        }
    }

    private String unknown(String name) {
        String nearest = SpellingSuggestion.of(name, List.copyOf(after.keySet()));
        int suffix = name.lastIndexOf('.');
        String hint = "";
        if (name.indexOf(',') > 0) {
            hint = "; write a list: [" + name.replaceAll("\\s*,\\s*", ", ") + "]";
        } else if (suffix > 0 && UNIT.matcher(name).matches()) {
            String unit = name.substring(0, suffix);
            hint =
                    "; units of systemd are not waited for here: "
                            + (after.containsKey(unit) ? "write " + unit : "remove it");
        } else if (nearest != null) {
            hint = "; did you mean " + nearest + "?";
        } else if (after.size() <= 10) {
            hint = "; there are " + String.join(", ", after.keySet());
        }
        return "there is no program " + TextUtil.quoted(name) + hint;
    }

    /// @param rest of what it comes after, what was not looked at
    private record Visit(String name, Iterator<Dependency> rest) {}

    /// Depth first, without recursion: a chain may be as long as there are programs.
    private void search(String from, Set<String> done) {
        Deque<Visit> visits = new ArrayDeque<>();
        LinkedHashSet<String> path = new LinkedHashSet<>();
        visits.push(visit(from, path));
        while (!visits.isEmpty()) {
            Visit visit = visits.peek();
            if (!visit.rest().hasNext()) {
                path.remove(visits.pop().name());
                continue;
            }
            Dependency other = visit.rest().next();
            boolean itself = other.name().equals(visit.name());
            if (path.contains(other.name()) && !itself) {
                problemCollector.report(other.place(), circle(path, other.name()));
            } else if (after.containsKey(other.name()) && done.add(other.name())) {
                visits.push(visit(other.name(), path));
            }
        }
    }

    private Visit visit(String name, Set<String> path) {
        path.add(name);
        return new Visit(name, after.getOrDefault(name, List.of()).iterator());
    }

    private static String circle(Set<String> path, String closing) {
        List<String> names = new ArrayList<>(path);
        List<String> circle = names.subList(names.indexOf(closing), names.size());
        boolean all = circle.size() <= MAX_SHOWN;
        String shown = String.join(" after ", all ? circle : circle.subList(0, MAX_SHOWN));
        return "nobody could start first: "
                + TextUtil.visible(shown)
                + (all ? " after " : " after … after ")
                + TextUtil.visible(closing);
    }
}
