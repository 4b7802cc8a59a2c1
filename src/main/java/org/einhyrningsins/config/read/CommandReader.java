// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.check.ProgramCheck;
import org.einhyrningsins.config.source.CommandSplitter;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.config.yaml.TextMistakes;
import org.einhyrningsins.spec.TextTemplate;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Reads a command: a list of words, or one text, split like a shell would.
record CommandReader(ValueReader values, TemplateReader templates) {
    private static final List<TextTemplate> NO_COMMAND = List.of(ProgramCheck.NO_COMMAND);

    /// Reads a command; the result is never empty.
    List<TextTemplate> read(@Nullable ConfigNode configNode) {
        if (configNode == null) {
            return NO_COMMAND;
        }
        List<ConfigNode> words =
                configNode instanceof Items list ? list.values() : words(configNode);
        if (words.isEmpty()
                || (words.getFirst() instanceof Scalar first && first.text().isEmpty())) {
            values.problems()
                    .report(
                            configNode.place(),
                            "expected a program to run, found an empty command");
        }
        List<TextTemplate> command = new ArrayList<>();
        for (ConfigNode word : words) {
            TextTemplate textTemplate = template(word, "text");
            if (textTemplate != null) {
                command.add(textTemplate);
            }
        }
        return command.isEmpty() ? NO_COMMAND : command;
    }

    /// The program, as it is written.
    static String firstWord(ConfigNode command) {
        ConfigNode first =
                command instanceof Items list && !list.values().isEmpty()
                        ? list.values().getFirst()
                        : command;
        return first instanceof Scalar scalar ? scalar.text().strip() : "";
    }

    /// The words as they are written, without those that are none; empty if they cannot be told.
    static List<String> written(ConfigNode command) {
        List<String> words = new ArrayList<>();
        if (command instanceof Items list) {
            for (ConfigNode configNode : list.values()) {
                if (configNode instanceof Scalar scalar) {
                    words.add(scalar.text());
                }
            }
        } else if (command instanceof Scalar scalar && !scalar.isNull()) {
            try {
                words.addAll(CommandSplitter.split(scalar.text()));
            } catch (ValueException _) {
                return List.of();
            }
        }
        return words;
    }

    /// A command in one text, as the list that it stands for.
    private List<ConfigNode> words(ConfigNode configNode) {
        List<ConfigNode> words = new ArrayList<>();
        String text = values.text(configNode, "a list of words, or one text");
        if (text != null && text.matches(".*(<%|\\{%).*")) {
            values.problems().report(configNode.place(), TextMistakes.ofTemplate(text));
            return List.of(new Scalar(configNode.place(), "?", false));
        }
        try {
            for (String word : text == null ? List.of("?") : CommandSplitter.split(text)) {
                words.add(new Scalar(configNode.place(), word, false));
            }
        } catch (ValueException e) {
            values.problems().report(configNode.place(), e);
            return List.of(new Scalar(configNode.place(), "?", false));
        }
        return words;
    }

    /// Reads a command line; null after a problem.
    @Nullable TextTemplate template(ConfigNode configNode, String what) {
        String text = values.text(configNode, what);
        if (text == null) {
            return null;
        }
        try {
            return templates.parse(text);
        } catch (ValueException e) {
            values.problems().report(configNode.place(), e);
            return null;
        }
    }
}
