// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// The keys of a program's definition, or of what is no program's, each with its value as the
/// configuration would write it, for comparison with another definition.
///
/// They are read off what [ConfigPrinter] prints: that loads to an equal definition, so two
/// definitions that differ in anything differ in a key.
public final class DefinitionSettings {
    private static final String NAMED = "{name: ";

    private record Group(int indent, String key) {}

    private final SequencedMap<String, String> settings = new LinkedHashMap<>();
    private final Deque<Group> groups = new ArrayDeque<>();

    private DefinitionSettings() {}

    /// Returns all settings of a program, in the order of `print`: a key of a key as
    /// `rollout.settle`, a socket as `bind.http`, and under `bind` the order of the sockets.
    public static SequencedMap<String, String> of(ProgramSpec program) {
        String text = ConfigPrinter.print(program);
        SequencedMap<String, String> settings = read(text.substring(text.indexOf('\n') + 1));
        if (program.obstacle() != null) {
            settings.put("env-file", program.obstacle());
        }
        return settings;
    }

    /// Returns all settings that belong to no program, in the order of `print`, as `control.mode`
    /// and `log.level`.
    public static SequencedMap<String, String> of(ServicesSpec services) {
        return read(ConfigPrinter.printOwn(services));
    }

    private static SequencedMap<String, String> read(String text) {
        DefinitionSettings read = new DefinitionSettings();
        for (String line : text.split("\n", -1)) {
            if (!line.isEmpty()) {
                read.line(line);
            }
        }
        return read.settings;
    }

    private void line(String line) {
        int indent = 0;
        while (line.charAt(indent) == ' ') {
            indent++;
        }
        while (!groups.isEmpty() && groups.peek().indent() >= indent) {
            groups.pop();
        }
        String text = line.substring(indent);
        if (text.startsWith("- ")) {
            item(text.substring(2));
        } else {
            int end = keyEnd(text);
            String key = path() + unquoted(text.substring(0, end));
            if (end + 1 < text.length()) {
                settings.put(key, text.substring(end + 2));
            } else {
                groups.push(new Group(indent, key));
            }
        }
    }

    private String path() {
        Group group = groups.peek();
        return group == null ? "" : group.key() + ".";
    }

    private void item(String text) {
        Group list = groups.peek();
        if (list == null) {
            throw new IllegalStateException("an item of no list: " + text);
        }
        String word = text;
        if (text.startsWith(NAMED)) {
            String name = text.substring(NAMED.length());
            word = name.substring(0, end(name, ','));
            settings.put(list.key() + "." + unquoted(word), text);
        }
        String added = word;
        settings.merge(
                list.key(),
                "[" + added + "]",
                (before, ignored) -> before.substring(0, before.length() - 1) + ", " + added + "]");
    }

    private static int keyEnd(String text) {
        return end(text, ':');
    }

    /// Returns the end of the first word, which may be quoted.
    private static int end(String text, char mark) {
        int at = 0;
        if (text.startsWith("\"")) {
            for (at = 1; text.charAt(at) != '"'; at++) {
                at += text.charAt(at) == '\\' ? 1 : 0;
            }
        }
        int end = text.indexOf(mark, at);
        return end < 0 ? text.length() : end;
    }

    private static String unquoted(String word) {
        return word.startsWith("\"") ? word.substring(1, word.length() - 1) : word;
    }
}
