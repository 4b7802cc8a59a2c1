// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tree of programs by start order, for a person: the output of `show --graph`. Each program stands
/// below that one of its dependencies that is up last; the others are named beside it.
public final class GraphText {
    /// Deeper ones begin a tree of their own, which says what they come after.
    private static final int DEEPEST = 40;

    private final Map<String, ProgramStatus> programs = new LinkedHashMap<>();
    private final Map<String, Integer> depths = new HashMap<>();
    private final Map<String, List<String>> below = new LinkedHashMap<>();
    private final List<String> roots = new ArrayList<>();
    private final TextTable textTable = new TextTable("NAME", "STATE", "READY", "NOTE");

    private GraphText(StatusReport report) {
        report.programs().forEach(program -> programs.put(program.name(), program));
        measure();
        for (ProgramStatus program : programs.values()) {
            String above = above(program);
            if (above == null) {
                roots.add(program.name());
            } else {
                below.computeIfAbsent(above, name -> new ArrayList<>()).add(program.name());
            }
        }
    }

    /// The whole text.
    public static String of(StatusReport report) {
        if (report.programs().isEmpty()) {
            return "no programs\n";
        }
        GraphText graph = new GraphText(report);
        graph.roots.forEach(root -> graph.add(root, "", ""));
        StringBuilder text = new StringBuilder(1024);
        graph.textTable.print(text);
        return text.toString();
    }

    /// Computes the number of programs that must be up, one after the other, before each. A
    /// possible circle (of programs that were reloaded alone) ends after as many rounds as there
    /// are programs.
    private void measure() {
        boolean changed = true;
        for (int round = 0; changed && round < programs.size(); round++) {
            changed = false;
            for (ProgramStatus program : programs.values()) {
                int depth = 0;
                for (String other : program.after()) {
                    depth = Math.max(depth, programs.containsKey(other) ? depth(other) + 1 : 0);
                }
                changed |= depth != depth(program.name());
                depths.put(program.name(), depth);
            }
        }
    }

    private int depth(String name) {
        return depths.getOrDefault(name, 0);
    }

    private @Nullable String above(ProgramStatus program) {
        String above = null;
        if (depth(program.name()) % DEEPEST == 0) {
            return null;
        }
        for (String other : program.after()) {
            boolean before = programs.containsKey(other) && depth(other) < depth(program.name());
            if (before && (above == null || depth(other) > depth(above))) {
                above = other;
            }
        }
        return above;
    }

    /// @param branch drawn before its name
    /// @param trunk drawn before the names below
    private void add(String name, String branch, String trunk) {
        ProgramStatus program = programs.get(name);
        if (program == null) {
            return;
        }
        textTable.row(
                branch + name,
                program.state().word(),
                program.ready() + "/" + program.wanted(),
                note(program));
        List<String> next = below.getOrDefault(name, List.of());
        for (int i = 0; i < next.size(); i++) {
            boolean last = i == next.size() - 1;
            add(next.get(i), trunk + (last ? "`- " : "|- "), trunk + (last ? "   " : "|  "));
        }
    }

    private String note(ProgramStatus program) {
        String above = above(program);
        List<String> others = new ArrayList<>(program.after());
        others.remove(above);
        String more = others.isEmpty() ? "" : "after " + String.join(", ", others);
        String also = more.isEmpty() || above == null ? more : "also " + more;
        String note = StatusText.oneLine(program.note());
        return also.isEmpty() || note.isEmpty() ? also + note : also + "; " + note;
    }
}
