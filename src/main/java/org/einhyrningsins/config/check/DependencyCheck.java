// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.check;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ValueReader;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// Checks `after` over all programs: the names are there, nobody comes after itself, and nobody
/// does so by way of others.
public final class DependencyCheck {
    private static final Pattern UNIT = Pattern.compile(".+\\.(target|service|socket|mount)");

    private static final int MAX_SHOWN = 20;

    private final ProblemCollector problemCollector;
    private final ValueReader valueReader;
    private final Map<String, List<Scalar>> after = new LinkedHashMap<>();

    public DependencyCheck(ProblemCollector problemCollector, ValueReader valueReader) {
        this.problemCollector = problemCollector;
        this.valueReader = valueReader;
    }

    /// Notes what a program comes after.
    ///
    /// @param program with its defaults
    public void add(String name, ConfigNode program) {
        List<Scalar> names = new ArrayList<>();
        Entry entry = program instanceof Mapping map ? map.entries().get("after") : null;
        for (ConfigNode configNode :
                entry == null ? List.<ConfigNode>of() : valueReader.oneOrMany(entry.value())) {
            if (configNode instanceof Scalar scalar && !scalar.isNull()) {
                names.add(scalar);
            }
        }
        after.put(name, names);
    }

    /// Reports what is wrong, once all programs are known.
    public void finish() {
        after.forEach(this::checkNames);
        Set<String> done = new HashSet<>();
        for (String name : after.keySet()) {
            if (done.add(name)) {
                search(name, done);
            }
        }
    }

    private void checkNames(String name, List<Scalar> others) {
        Set<String> named = new HashSet<>();
        for (Scalar other : others) {
            String text = other.text();
            if (text.equals(name)) {
                boolean shared = other.place().trail().toString().startsWith("defaults");
                String way = shared ? "; give it an 'after: []' of its own" : "";
                problemCollector.report(other.place(), name + " cannot come after itself" + way);
            } else if (!named.add(text)) {
                problemCollector.report(other.place(), TextUtil.quoted(text) + " is named twice");
            } else if (!after.containsKey(text)) {
                problemCollector.reportMissing(other.place(), unknown(text));
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
    private record Visit(String name, Iterator<Scalar> rest) {}

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
            Scalar other = visit.rest().next();
            boolean itself = other.text().equals(visit.name());
            if (path.contains(other.text()) && !itself) {
                problemCollector.report(other.place(), circle(path, other.text()));
            } else if (after.containsKey(other.text()) && done.add(other.text())) {
                visits.push(visit(other.text(), path));
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
