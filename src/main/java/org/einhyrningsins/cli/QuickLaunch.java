// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.manager.Definition;
import org.einhyrningsins.manager.LaunchOptions;
import org.einhyrningsins.spec.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Reads the manager's command line by hand, if it is the everyday one: `-c FILE` and a few
/// options. Gives up at anything else; [LaunchModel] then reads it and says what is wrong.
final class QuickLaunch {
    private final String[] words;
    private int at;
    private @Nullable Path config;
    private @Nullable Path socket;
    private @Nullable Path pidFile;
    private boolean verbose;

    private QuickLaunch(String[] words) {
        this.words = words;
    }

    /// What to run; null if this is not the one to say.
    static @Nullable LaunchOptions read(String[] words) {
        QuickLaunch line = new QuickLaunch(words);
        while (line.at < words.length) {
            if (!line.take(words[line.at++])) {
                return null;
            }
        }
        return line.config == null
                ? null
                : new LaunchOptions(
                        new Definition.File(line.config),
                        line.socket,
                        line.pidFile,
                        null,
                        null,
                        line.verbose ? LogSpec.Level.DEBUG : null,
                        null);
    }

    private boolean take(String word) {
        return switch (word) {
            case "-c", "--config" -> config == null && (config = path()) != null;
            case "-d", "--socket-path" -> socket == null && (socket = path()) != null;
            case "-e", "--pidfile" -> pidFile == null && (pidFile = path()) != null;
            case "-v", "--verbose" -> !verbose && (verbose = true);
            default -> false;
        };
    }

    /// The next word as a path; null if there is none.
    private @Nullable Path path() {
        boolean given = at < words.length && !words[at].isEmpty() && !words[at].startsWith("-");
        return given ? Path.of(words[at++]) : null;
    }
}
