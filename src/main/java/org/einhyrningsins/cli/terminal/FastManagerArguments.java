// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.einhyrningsins.config.read.ClassicReader;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads the manager's command line by hand, if it is an everyday one: `-c FILE` and a few options,
/// or a classic line. Gives up at anything else, mistakes above all;
/// [org.einhyrningsins.cli.launch.LaunchModel] then reads it and says what is wrong. What both can
/// read means the same to both.
public final class FastManagerArguments implements ClassicReader.Given {
    /// Options that may stand beside a file.
    private static final List<String> WITH_FILE =
            List.of(
                    "--socket-path",
                    "--pidfile",
                    "--lockfile",
                    "--verbose",
                    "--quiet",
                    "--config",
                    "--reset");

    private final String[] words;

    /// Options by their long names, and beside each its value, empty for a flag.
    private final List<String> names = new ArrayList<>();

    private final List<String> values = new ArrayList<>();
    private int at;

    private FastManagerArguments(String[] words) {
        this.words = words;
    }

    /// Parses simple command lines; null if the full parser has to decide.
    public static @Nullable LaunchOptions read(String[] words) {
        if (words.length == 0 || isSubcommand(words[0])) {
            return null;
        }
        FastManagerArguments line = new FastManagerArguments(words);
        while (line.at < words.length && isOption(words[line.at])) {
            if (!line.take(words[line.at++])) {
                return null;
            }
        }
        if (line.at < words.length && words[line.at].equals("--")) {
            line.at++;
        }
        List<String> program = Arrays.asList(words).subList(line.at, words.length);
        return program.isEmpty() ? line.withFile() : line.classic(program);
    }

    /// True if the word is a mode of einhorn's `-m`, which it follows: `manual`, or seconds.
    public static boolean isMode(String word) {
        int digits = 0;
        int points = 0;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            digits += c >= '0' && c <= '9' ? 1 : 0;
            points += c == '.' ? 1 : 0;
        }
        boolean number = digits > 0 && points <= 1 && digits + points == word.length();
        return number || word.equals("manual");
    }

    private static boolean isSubcommand(String word) {
        return switch (word) {
            case "check", "print", "import", "init", "version", "help" -> true;
            default -> false;
        };
    }

    private static boolean isOption(String word) {
        return word.length() > 1 && word.startsWith("-") && !word.equals("--");
    }

    private boolean take(String word) {
        int equals = word.startsWith("--") ? word.indexOf('=') : -1;
        String option = equals < 0 ? word : word.substring(0, equals);
        if (word.equals("-m") && at < words.length && isMode(words[at])) {
            return put("--ack-mode", words[at++]);
        }
        String flag = flag(option);
        if (flag != null) {
            return equals < 0 && put(flag, "");
        }
        String name = valued(option);
        if (name == null || (equals < 0 && at == words.length)) {
            return false;
        }
        String value = equals < 0 ? words[at++] : word.substring(equals + 1);
        return isPlain(value) && put(name, value);
    }

    private static boolean isPlain(String value) {
        return !value.isEmpty() && !value.startsWith("-");
    }

    /// Sets an option; false if it is given twice and may not be.
    private boolean put(String name, String value) {
        boolean repeats = name.equals("--bind") || name.equals("--drop-env-var");
        if (has(name) && !repeats) {
            return false;
        }
        names.add(name);
        values.add(value);
        return true;
    }

    private static @Nullable String flag(String option) {
        return switch (option) {
            case "-v", "--verbose" -> "--verbose";
            case "-q", "--quiet" -> "--quiet";
            case "-4", "--ipv4-only" -> "--ipv4-only";
            case "-6", "--ipv6-only" -> "--ipv6-only";
            case "-m", "--manual" -> "--manual";
            case "-g", "--command-socket-as-fd" -> "--command-socket-as-fd";
            case "-k", "--kill-children-on-exit" -> "--kill-children-on-exit";
            case "--syslog" -> "--syslog";
            case "--reset" -> "--reset";
            default -> null;
        };
    }

    private static @Nullable String valued(String option) {
        return switch (option) {
            case "-c", "--config" -> "--config";
            case "-d", "--socket-path" -> "--socket-path";
            case "-e", "--pidfile" -> "--pidfile";
            case "-f", "--lockfile" -> "--lockfile";
            case "-n", "--number" -> "--number";
            case "-b", "--bind" -> "--bind";
            case "-l", "--backlog" -> "--backlog";
            case "--ack-mode" -> "--ack-mode";
            case "-r", "--retries" -> "--retries";
            case "-s", "--seconds" -> "--seconds";
            case "-t", "--signal-timeout" -> "--signal-timeout";
            case "--max-unacked" -> "--max-unacked";
            case "--max-upgrade-additional" -> "--max-upgrade-additional";
            case "--drop-env-var" -> "--drop-env-var";
            case "--nice" -> "--nice";
            case "--command-name" -> "--command-name";
            default -> null;
        };
    }

    private @Nullable LaunchOptions withFile() {
        Path config = path("--config");
        return config == null || !WITH_FILE.containsAll(names)
                ? null
                : new LaunchOptions(
                        new ConfigOrigin.File(config),
                        path("--socket-path"),
                        path("--pidfile"),
                        path("--lockfile"),
                        null,
                        ClassicReader.level(this),
                        List.of(),
                        has("--reset"));
    }

    private @Nullable LaunchOptions classic(List<String> program) {
        if (has("--config") || has("--reset")) {
            return null;
        }
        try {
            Path here = StartDirectory.path();
            return new LaunchOptions(
                    new ConfigOrigin.CommandLine(ClassicReader.read(this, program, here)),
                    null,
                    path("--pidfile"),
                    path("--lockfile"),
                    ClassicReader.managerNice(this),
                    null,
                    List.of());
        } catch (ValueException mistake) {
            return null;
        }
    }

    private @Nullable Path path(String option) {
        int index = names.indexOf(option);
        return index < 0 ? null : Path.of(values.get(index));
    }

    @Override
    public boolean has(String option) {
        return names.contains(option);
    }

    @Override
    public List<String> values(String option) {
        List<String> given = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(option)) {
                given.add(values.get(i));
            }
        }
        return given;
    }
}
