// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.cli.client.Completion;
import org.einhyrningsins.cli.client.LiveCompletionNames;
import org.einhyrningsins.cli.launch.LaunchModel;
import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.control.report.CompletionNames;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.ControlPath;
import org.einhyrningsins.control.wire.ExitStatus;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// `einhyrningsinsctl complete NAME WORD…`: says to bash, zsh and fish what may stand in place of
/// the last word of a command line that begins with NAME, one of our two programs. A line for each:
/// the word, a tab, what it means. It never complains: somebody is typing.
final class CompletionProgram {
    static final String COMMAND = "complete";

    private final Map<String, String> environment;
    private final TextOutput out;

    CompletionProgram(Map<String, String> environment, TextOutput out) {
        this.environment = environment;
        this.out = out;
    }

    int run(String[] words) {
        List<String> line = Arrays.asList(words).subList(1, words.length);
        if (line.size() < 2) {
            return ExitStatus.USAGE.code();
        }
        List<String> before = line.subList(1, line.size() - 1);
        String start = line.get(line.size() - 1);
        StringBuilder text = new StringBuilder();
        for (Completion.Choice choice : choices(line.get(0), before, start)) {
            text.append(choice.word()).append('\t').append(choice.meaning()).append('\n');
        }
        out.write(text.toString());
        return ExitStatus.DONE.code();
    }

    private List<Completion.Choice> choices(String name, List<String> before, String start) {
        return name.equals(CommandNames.MANAGER)
                ? LaunchModel.choices(before, start)
                : new Completion(false, this::fetchNames).choices(before, start);
    }

    /// The socket that the words before name; null for none.
    private static @Nullable Path socket(List<String> before) {
        Path socket = null;
        for (int i = 0; i + 1 < before.size(); i++) {
            String value = before.get(i + 1);
            socket =
                    switch (before.get(i)) {
                        case "-d", "--socket", "--socket-path" -> Path.of(value);
                        case "-c", "--command-name" -> ControlPath.ofName(value);
                        default -> socket;
                    };
        }
        return socket;
    }

    private CompletionNames fetchNames(List<String> before) {
        try {
            Path socket = socket(before);
            return new LiveCompletionNames(
                            socket == null ? ControlPath.forClient(environment) : socket)
                    .fetch();
        } catch (ControlException noneOfOurs) {
            return CompletionNames.EMPTY;
        }
    }
}
