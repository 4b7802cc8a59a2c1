// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Words;
import org.einhyrningsins.config.value.Templates;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.config.yaml.TextMistakes;
import org.einhyrningsins.spec.Template;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Reads a command: a list of words, or one text, split like a shell would.
record CommandReader(Values values, Templates templates) {
    /// Stands in for a command that has a problem.
    static final Template UNKNOWN = Template.of("?");

    private static final List<Template> NO_COMMAND = List.of(UNKNOWN);

    /// Never empty.
    List<Template> read(@Nullable Node node) {
        if (node == null) {
            return NO_COMMAND;
        }
        List<Node> words = node instanceof Items list ? list.values() : words(node);
        if (words.isEmpty()
                || (words.getFirst() instanceof Scalar first && first.text().isEmpty())) {
            values.problems()
                    .report(node.place(), "expected a program to run, found an empty command");
        }
        List<Template> command = new ArrayList<>();
        for (Node word : words) {
            Template template = template(word, "text");
            if (template != null) {
                command.add(template);
            }
        }
        return command.isEmpty() ? NO_COMMAND : command;
    }

    /// The program, as it is written.
    static String firstWord(Node command) {
        Node first =
                command instanceof Items list && !list.values().isEmpty()
                        ? list.values().getFirst()
                        : command;
        return first instanceof Scalar scalar ? scalar.text().strip() : "";
    }

    /// The words as they are written, without those that are none; empty if they cannot be told.
    static List<String> written(Node command) {
        List<String> words = new ArrayList<>();
        if (command instanceof Items list) {
            for (Node node : list.values()) {
                if (node instanceof Scalar scalar) {
                    words.add(scalar.text());
                }
            }
        } else if (command instanceof Scalar scalar && !scalar.isNull()) {
            try {
                words.addAll(Words.split(scalar.text()));
            } catch (Misread _) {
                return List.of();
            }
        }
        return words;
    }

    /// A command in one text, as the list that it stands for.
    private List<Node> words(Node node) {
        List<Node> words = new ArrayList<>();
        String text = values.text(node, "a list of words, or one text");
        if (text != null && text.matches(".*(<%|\\{%).*")) {
            values.problems().report(node.place(), TextMistakes.ofTemplate(text));
            return List.of(new Scalar(node.place(), "?", false));
        }
        try {
            for (String word : text == null ? List.of("?") : Words.split(text)) {
                words.add(new Scalar(node.place(), word, false));
            }
        } catch (Misread e) {
            values.problems().report(node.place(), e);
            return List.of(new Scalar(node.place(), "?", false));
        }
        return words;
    }

    /// Null after a problem.
    @Nullable Template template(Node node, String what) {
        String text = values.text(node, what);
        if (text == null) {
            return null;
        }
        try {
            return templates.parse(text);
        } catch (Misread e) {
            values.problems().report(node.place(), e);
            return null;
        }
    }
}
