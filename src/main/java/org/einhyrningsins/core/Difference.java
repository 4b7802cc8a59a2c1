// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// A key that two definitions of a program differ in.
///
/// What is in the environment may be a secret, and a name does not tell: of variables one sees that
/// they differ, never how.
///
/// @param key as in `rollout.settle`, `env.RAILS_ENV` or `bind.http`
/// @param before null if it was not set
/// @param after null if it will not be set
/// @param hidden the values are not shown; both are [#HIDDEN], or null
public record Difference(
        String key, @Nullable String before, @Nullable String after, boolean hidden) {
    /// Stands for a value that is not shown.
    public static final String HIDDEN = "(hidden)";

    private static final String SECRET = "env.";

    /// The keys whose change needs new workers: see [org.einhyrningsins.spec.ProgramSpec.Birth].
    private static final Set<String> BORN_WITH =
            Set.of(
                    "command",
                    "directory",
                    "env",
                    "drop-env",
                    "user",
                    "group",
                    "umask",
                    "nice",
                    "limits",
                    "bind",
                    "stdin",
                    "protocols",
                    "logs",
                    "worker-socket",
                    "worker-socket-fd",
                    "on-manager-death",
                    "watchdog");

    /// How the value of `ack` begins for which a worker is born with a pipe.
    private static final String PIPE = "{mode: fd";

    /// How it begins where the manager hears what workers write.
    private static final String HEARD = "{mode: log";

    /// Whether no running worker can take it over.
    public boolean rolls() {
        int end = key.indexOf('.');
        boolean pipe = key.equals("ack") && !pipe(before).equals(pipe(after));
        return pipe || BORN_WITH.contains(end < 0 ? key : key.substring(0, end));
    }

    /// What an ack says of the worker's pipes. Of one of its own, that is all but the timeout,
    /// which comes last.
    private static String pipe(@Nullable String ack) {
        if (ack == null) {
            return "";
        } else if (ack.startsWith(HEARD)) {
            return HEARD;
        }
        return ack.startsWith(PIPE) ? ack.substring(0, ack.lastIndexOf(", ")) : "";
    }

    /// How two sets of keys differ: in the order of the later one, then what it does not have.
    static List<Difference> between(
            SequencedMap<String, String> before, SequencedMap<String, String> after) {
        List<Difference> differences = new ArrayList<>();
        for (Map.Entry<String, String> entry : after.entrySet()) {
            String was = before.get(entry.getKey());
            if (!entry.getValue().equals(was)) {
                differences.add(of(entry.getKey(), was, entry.getValue()));
            }
        }
        Set<String> gone = new TreeSet<>(before.keySet());
        gone.removeAll(after.keySet());
        gone.forEach(key -> differences.add(of(key, before.get(key), null)));
        return differences;
    }

    private static Difference of(String key, @Nullable String before, @Nullable String after) {
        boolean hidden = key.startsWith(SECRET);
        return hidden
                ? new Difference(
                        key, before == null ? null : HIDDEN, after == null ? null : HIDDEN, true)
                : new Difference(key, before, after, false);
    }
}
