// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.ClientCommand;
import org.einhyrningsins.cli.terminal.Timeouts;
import org.einhyrningsins.control.wire.CommandKind;
import org.einhyrningsins.control.wire.ControlPath;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Reads the client's command line by hand, if there is nothing special about it: options everyone
/// uses, a command, words. Gives up at anything else; [ControlModel] then reads it and says what is
/// wrong.
final class FastClientArguments {
    private final String[] words;
    private final List<String> args = new ArrayList<>();
    private int at;
    private @Nullable String command;
    private @Nullable String socket;
    private @Nullable Duration timeout;
    private boolean json;
    private boolean wait = true;

    private FastClientArguments(String[] words) {
        this.words = words;
    }

    /// Parses simple command lines; null if the full parser has to decide.
    static @Nullable ClientCommand read(String[] words) {
        FastClientArguments line = new FastClientArguments(words);
        while (line.at < words.length) {
            if (!line.take(words[line.at++])) {
                return null;
            }
        }
        return line.command == null
                ? null
                : new ClientCommand(
                        line.socket,
                        line.json,
                        line.wait,
                        line.timeout,
                        -1,
                        false,
                        line.command,
                        line.args);
    }

    private boolean take(String word) {
        return switch (word) {
            case "-d", "--socket", "--socket-path" -> takeSocket();
            case "-c", "--command-name" -> takeName();
            case "--timeout" -> takeTimeout();
            case "--json" -> takeJson();
            case "--no-wait" -> takeNoWait();
            default -> takePlain(word);
        };
    }

    private boolean takeSocket() {
        if (socket != null || at == words.length || words[at].startsWith("-")) {
            return false;
        }
        socket = words[at++];
        return true;
    }

    /// A path wins over a name, which [ControlModel] knows too.
    private boolean takeName() {
        Path named = socket != null || at == words.length ? null : ControlPath.ofName(words[at++]);
        socket = named == null ? socket : named.toString();
        return named != null;
    }

    private boolean takeTimeout() {
        if (timeout != null || at == words.length) {
            return false;
        }
        timeout = Timeouts.read(words[at++]);
        return timeout != null;
    }

    private boolean takeJson() {
        boolean first = !json;
        json = true;
        return first;
    }

    private boolean takeNoWait() {
        boolean first = wait;
        wait = false;
        return first;
    }

    private boolean takePlain(String word) {
        if (word.isEmpty() || word.startsWith("-")) {
            return false;
        }
        if (command != null) {
            args.add(word);
            return true;
        }
        command = word;
        return isCommand(word);
    }

    /// Help is left to [ControlModel].
    private static boolean isCommand(String word) {
        return CommandKind.of(word) != null && !word.equals("help");
    }
}
