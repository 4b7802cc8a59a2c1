// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/// A key that two definitions of a program differ in, or two files in what is no program's.
///
/// What is in the environment may be a secret, and a name does not tell: of variables one sees that
/// they differ, never how.
///
/// @param key as in `rollout.settle`, `env.RAILS_ENV` or `bind.http`
/// @param before null if it was not set
/// @param after null if it will not be set
/// @param hidden the values are not shown; both are [#HIDDEN], or null
/// @param rolls no running worker can take it over
public record KeyDifference(
        String key,
        @Nullable String before,
        @Nullable String after,
        boolean hidden,
        boolean rolls) {
    /// Stands for a value that is not shown.
    public static final String HIDDEN = "(hidden)";

    /// Stands for no value at all.
    public static final String ABSENT = "(not set)";

    private static final String SECRET = "env.";
    private static final String RELEASE = "release";

    /// The keys whose change always needs new workers: see [ProgramSpec.SpawnSettings].
    private static final Set<String> SPAWN_KEYS =
            Set.of(
                    "command",
                    "directory",
                    "release",
                    "env",
                    "drop-env",
                    "user",
                    "group",
                    "umask",
                    "nice",
                    "limits",
                    "no-new-privs",
                    "capabilities",
                    "oom-score-adj",
                    "cpus",
                    "io-class",
                    "directories",
                    "credentials",
                    "sandbox",
                    "stdin",
                    "protocols",
                    "worker-socket",
                    "worker-socket-fd",
                    "on-manager-death",
                    "watchdog");

    /// The keys of a file that only a manager that is started again takes over: see
    /// [org.einhyrningsins.spec.manager.ServicesSpec#takenOverBy].
    private static final Set<String> READ_AT_START =
            Set.of("control.socket", "control.keeper", "state-dir");

    /// True if the change takes effect only at the manager's next start.
    public boolean waitsForStart() {
        return READ_AT_START.contains(key);
    }

    /// The key with its values, as in `log.level: info -> debug`.
    public String words() {
        return key + ": " + shown(before) + " -> " + shown(after);
    }

    private static String shown(@Nullable String value) {
        return value == null ? ABSENT : value;
    }

    /// Returns the keys in which two definitions of a program differ.
    ///
    /// @param settings the keys of a definition, with their values
    public static List<KeyDifference> between(
            ProgramSpec before,
            ProgramSpec after,
            Function<ProgramSpec, SequencedMap<String, String>> settings) {
        List<KeyDifference> differences =
                between(
                        settings.apply(before),
                        settings.apply(after),
                        key -> rolls(key, before.spawnSettings(), after.spawnSettings()));
        differences.replaceAll(
                difference ->
                        difference.key().equals(RELEASE)
                                ? ofRelease(before.release(), after.release())
                                : difference);
        return differences;
    }

    private static KeyDifference ofRelease(@Nullable Release before, @Nullable Release after) {
        return new KeyDifference(
                RELEASE,
                before == null ? null : before.toldFrom(after),
                after == null ? null : after.toldFrom(before),
                false,
                true);
    }

    /// True if a change of the key needs new workers. Of the ack modes and kinds of logs, only some
    /// need other pipes; the accept queue and file of a socket change while workers have it.
    private static boolean rolls(
            String key, ProgramSpec.SpawnSettings before, ProgramSpec.SpawnSettings after) {
        int end = key.indexOf('.');
        String first = end < 0 ? key : key.substring(0, end);
        return switch (first) {
            case "ack" ->
                    before.readsOutput() != after.readsOutput()
                            || !Objects.equals(before.ackPipe(), after.ackPipe());
            case "logs" -> !before.launch().logs().equals(after.launch().logs());
            case "cgroup" -> !key.startsWith("cgroup.program");
            case "bind" ->
                    end < 0
                            || !Objects.equals(
                                    socket(key.substring(end + 1), before),
                                    socket(key.substring(end + 1), after));
            default -> SPAWN_KEYS.contains(first);
        };
    }

    /// The socket of that name, as workers have it; null if there is none.
    private static @Nullable SocketSpec socket(String name, ProgramSpec.SpawnSettings birth) {
        for (SocketSpec socket : birth.bind().sockets()) {
            if (socket.name().equals(name)) {
                return socket;
            }
        }
        return null;
    }

    /// Returns the keys in which two sets of settings that belong to no program differ.
    public static List<KeyDifference> between(
            SequencedMap<String, String> before, SequencedMap<String, String> after) {
        return between(before, after, key -> false);
    }

    /// Returns the differences in the order of the later one, then the keys that it does not have.
    private static List<KeyDifference> between(
            SequencedMap<String, String> before,
            SequencedMap<String, String> after,
            Predicate<String> rolls) {
        List<KeyDifference> differences = new ArrayList<>();
        for (Map.Entry<String, String> entry : after.entrySet()) {
            String key = entry.getKey();
            String was = before.get(key);
            if (!entry.getValue().equals(was)) {
                differences.add(of(key, was, entry.getValue(), rolls.test(key)));
            }
        }
        Set<String> gone = new TreeSet<>(before.keySet());
        gone.removeAll(after.keySet());
        gone.forEach(key -> differences.add(of(key, before.get(key), null, rolls.test(key))));
        return differences;
    }

    private static KeyDifference of(
            String key, @Nullable String before, @Nullable String after, boolean rolls) {
        boolean hidden = key.startsWith(SECRET);
        return hidden
                ? new KeyDifference(key, masked(before), masked(after), true, rolls)
                : new KeyDifference(key, before, after, false, rolls);
    }

    private static @Nullable String masked(@Nullable String value) {
        return value == null ? null : HIDDEN;
    }
}
