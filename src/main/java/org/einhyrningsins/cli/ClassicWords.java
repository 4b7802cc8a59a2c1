// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.ArrayList;
import java.util.List;

/// Parts a command line in the manager's options and the program with its arguments: those begin at
/// the first word that is no option, or behind `--`, and are nobody's business but the program's.
///
/// `-m` is a flag in einhyrningsins(1) and takes a mode in einhorn(1). Where `manual` or a number
/// follows, it is einhorn's: no program is called that. Whoever has one writes `--` before it.
final class ClassicWords {
    private final CommandSpec model;
    private final String[] words;
    private final List<String> options = new ArrayList<>();
    private int at;

    /// @param options as picocli shall read them
    /// @param program the program's name and its arguments; empty if there is none
    record Parted(List<String> options, List<String> program) {}

    private ClassicWords(CommandSpec model, String[] words) {
        this.model = model;
        this.words = words;
    }

    static Parted part(CommandSpec model, String[] words) {
        ClassicWords classic = new ClassicWords(model, words);
        while (classic.at < words.length && classic.isOption()) {
            classic.take();
        }
        int program = classic.at;
        if (program < words.length && words[program].equals("--")) {
            program++;
        }
        return new Parted(
                List.copyOf(classic.options), List.of(words).subList(program, words.length));
    }

    private boolean isOption() {
        String word = words[at];
        return word.length() > 1 && word.startsWith("-") && !word.equals("--");
    }

    private void take() {
        String word = words[at++];
        if (word.equals("-mmanual") || (word.equals("-m") && modeFollows())) {
            options.add("--ack-mode");
            options.add(word.equals("-m") ? words[at++] : "manual");
            return;
        }
        options.add(word);
        if (wantsAnother(word) && at < words.length) {
            options.add(words[at++]);
        }
    }

    private boolean modeFollows() {
        return at < words.length && QuickLaunch.isMode(words[at]);
    }

    /// Whether the value of the word's last option is the next word.
    private boolean wantsAnother(String word) {
        if (word.startsWith("--")) {
            return word.indexOf('=') < 0 && takesValue(word);
        }
        for (int i = 1; i < word.length(); i++) {
            if (takesValue("-" + word.charAt(i))) {
                return i == word.length() - 1;
            }
        }
        return false;
    }

    private boolean takesValue(String name) {
        @Nullable OptionSpec option = model.optionsMap().get(name);
        return option != null && option.arity().max() > 0;
    }
}
