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
import org.einhyrningsins.spec.StartSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Reads `groups` and checks their names: none is that of a program or of a task, each names
/// programs that there are, once, and no group.
public final class GroupCheck {
    private final ProblemCollector problemCollector;
    private final ValueReader valueReader;
    private final Map<String, ProgramSpec> programs;

    /// @param programs all of them, without tasks
    public GroupCheck(
            ProblemCollector problemCollector,
            ValueReader valueReader,
            Map<String, ProgramSpec> programs) {
        this.problemCollector = problemCollector;
        this.valueReader = valueReader;
        this.programs = programs;
    }

    /// Returns the names of programs by the name of the group.
    ///
    /// @param places of the programs' names
    public SequencedMap<String, List<String>> read(
            @Nullable ConfigNode groups, Map<String, SourcePosition> places) {
        SequencedMap<String, List<String>> read = new LinkedHashMap<>();
        if (groups instanceof Mapping map) {
            Set<String> tasks = new LinkedHashSet<>();
            programs.values().forEach(it -> it.tasks().forEach(task -> tasks.add(task.name())));
            map.entries()
                    .forEach(
                            (name, entry) -> {
                                checkName(name, entry.key(), places, tasks);
                                read.put(name, members(name, entry, map));
                            });
        } else if (groups != null) {
            valueReader.expected(groups, "a map of groups");
        }
        return read;
    }

    private void checkName(
            String name,
            SourcePosition place,
            Map<String, SourcePosition> places,
            Set<String> tasks) {
        SourcePosition program = places.get(name);
        if (name.equals("all")) {
            String why = "a group cannot be named all: commands mean every program by it";
            problemCollector.report(place, why);
        } else if (!TextUtil.isName(name)) {
            problemCollector.report(
                    place,
                    "a group's name has letters, digits, '_', '-' and '.', begins with a letter or"
                            + " digit, and is at most 64 long");
        } else if (program != null) {
            String why = "there is a program of that name at " + program;
            problemCollector.report(place, why + "; give the group another");
        } else if (tasks.contains(name)) {
            problemCollector.report(place, "a task has that name; give the group another");
        }
    }

    private List<String> members(String group, Entry entry, Mapping groups) {
        Set<String> members = new LinkedHashSet<>();
        List<ConfigNode> nodes = valueReader.oneOrMany(entry.value());
        if (nodes.isEmpty()) {
            problemCollector.report(
                    entry.value().place(), "a group names one program at least; remove " + group);
        }
        for (ConfigNode node : nodes) {
            String name = valueReader.text(node, "the name of a program");
            if (name == null || !(node instanceof Scalar)) {
                continue;
            }
            if (groups.entries().containsKey(name) && !programs.containsKey(name)) {
                String why = "; a group of that name is none, as a group names programs only";
                String what = "there is no program " + TextUtil.quoted(name) + why;
                problemCollector.reportMissing(node.place(), what);
            } else if (!programs.containsKey(name)) {
                problemCollector.reportMissing(node.place(), unknown(name));
            } else if (!members.add(name)) {
                problemCollector.report(node.place(), TextUtil.quoted(name) + " is named twice");
            }
        }
        return List.copyOf(members);
    }

    private String unknown(String name) {
        String nearest = SpellingSuggestion.of(name, List.copyOf(programs.keySet()));
        return "there is no program "
                + TextUtil.quoted(name)
                + (nearest == null ? "" : "; did you mean " + nearest + "?");
    }

    /// Returns the definition with the programs in place of the groups that it comes after.
    public static ProgramSpec expanded(
            ProgramSpec program, SequencedMap<String, List<String>> groups) {
        if (program.after().stream().noneMatch(groups::containsKey)) {
            return program;
        }
        Set<String> names = new LinkedHashSet<>();
        Map<String, StartSpec.Terms> terms = new LinkedHashMap<>();
        for (String name : program.after()) {
            for (String member : groups.getOrDefault(name, List.of(name))) {
                names.add(member);
                StartSpec.Terms its = program.terms(name);
                if (!its.equals(StartSpec.Terms.NONE)) {
                    terms.put(member, its);
                }
            }
        }
        return program.startingAfter(new StartSpec(false, new ArrayList<>(names), terms));
    }
}
