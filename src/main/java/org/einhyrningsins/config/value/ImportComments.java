// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/// Comments that an import writes in one place, those of one reason together: first what keeps a
/// program from being started, then what changes behaviour, last what needs nothing.
public final class ImportComments {
    /// Kind of comment on a setting, in the order in which comments are written.
    public enum Kind {
        /// A note for a person; nothing changes in behaviour.
        SAYS("", false),
        /// The program cannot be run as it was, so it is written with `workers: 0`.
        BLOCKS("cannot be run as it was", true),
        LOST("not carried over", true),
        /// Carried over, but it does not do quite the same.
        DIFFERS("otherwise here", true),
        /// Same behaviour here without being written, or no effect on what runs.
        SAME("nothing to carry over", false);

        private final String words;
        private final boolean changes;

        Kind(String words, boolean changes) {
            this.words = words;
            this.changes = changes;
        }

        public String words() {
            return words;
        }

        /// True if something behaves in another way than it did.
        public boolean changes() {
            return changes;
        }
    }

    private static final int WIDTH = 110;

    private record Reason(Kind kind, String why) {}

    private final SequencedMap<Reason, List<String>> settings = new LinkedHashMap<>();

    public void comment(String comment) {
        settings.computeIfAbsent(new Reason(Kind.SAYS, comment), _ -> new ArrayList<>());
    }

    /// Adds a comment of one kind.
    ///
    /// @param setting subject of the comment; null for something that was never written
    public void add(Kind kind, @Nullable Object setting, String why) {
        List<String> group =
                settings.computeIfAbsent(new Reason(kind, why), _ -> new ArrayList<>());
        if (setting != null) {
            group.add(setting.toString());
        }
    }

    public void addAll(ImportComments other) {
        other.settings.forEach(
                (reason, more) ->
                        settings.computeIfAbsent(reason, _ -> new ArrayList<>()).addAll(more));
    }

    /// The lines, without their comment signs.
    ///
    /// @param shortened makes a text shorter
    public List<String> lines(UnaryOperator<String> shortened) {
        List<String> lines = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            boolean whole = kind == Kind.SAME && settings.keySet().stream().anyMatch(this::isSame);
            if (whole) {
                lines.add(kind.words + ":");
            }
            settings.forEach(
                    (reason, group) -> {
                        if (reason.kind() == kind) {
                            List<String> shown = group.stream().map(shortened).toList();
                            write(kind, shortened.apply(reason.why()), shown, lines);
                        }
                    });
        }
        return lines;
    }

    private boolean isSame(Reason reason) {
        return reason.kind() == Kind.SAME;
    }

    private static void write(Kind kind, String why, List<String> group, List<String> lines) {
        String before = kind.words.isEmpty() ? "" : kind.words + ": ";
        if (kind == Kind.SAME) {
            lines.addAll(wrapped(group, " (" + why + ")"));
        } else if (group.isEmpty()) {
            lines.add(before + why);
        } else if (kind == Kind.SAYS) {
            group.forEach(setting -> lines.add(setting + ": " + why));
        } else if (group.size() == 1) {
            lines.add(before + group.getFirst() + " (" + why + ")");
        } else {
            lines.add(kind.words + " (" + why + "):");
            lines.addAll(wrapped(group, ""));
        }
    }

    private static List<String> wrapped(List<String> group, String end) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String setting : group) {
            if (!line.isEmpty() && line.length() + setting.length() > WIDTH) {
                lines.add("  " + line + ";");
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : "; ").append(setting);
        }
        lines.add("  " + line + end);
        return lines;
    }
}
