// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import org.einhyrningsins.cli.terminal.FastManagerArguments;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Parts a command line in the manager's options and the program with its arguments: those begin at
/// the first word that is no option, or behind `--`, and are nobody's business but the program's.
///
/// The options are read as both forebears read theirs: short ones in one word (`-kgn4`), a value
/// attached or as the next word whatever it looks like, long ones by any beginning that only one of
/// them has. Each comes out by its longest name, a value attached to it, so that nothing is left to
/// guess.
///
/// `-m` is a flag in einhyrningsins(1) and takes a mode in einhorn(1). Where `manual` or a number
/// follows, attached or as the next word, it is einhorn's: no program is called that. Whoever has
/// one writes `--` before it.
final class ClassicWordSplitter {
    private static final String ACK_MODE = "--ack-mode";

    private final CommandSpec model;
    private final String[] words;
    private final List<String> options = new ArrayList<>();
    private int at;

    /// @param options as picocli shall read them
    /// @param program the program's name and its arguments; empty if there is none
    record Parted(List<String> options, List<String> program) {}

    private ClassicWordSplitter(CommandSpec model, String[] words) {
        this.model = model;
        this.words = words;
    }

    /// Parts the words. An option that does not exist, or lacks its value, is left for picocli to
    /// complain of.
    ///
    /// @throws Misread if a long option is the beginning of several, or has a value and takes none
    static Parted part(CommandSpec model, String[] words) throws ValueException {
        ClassicWordSplitter classic = new ClassicWordSplitter(model, words);
        while (classic.at < words.length && classic.isOption()) {
            String word = words[classic.at++];
            if (word.startsWith("--")) {
                classic.takeLong(word);
            } else {
                classic.takeShort(word);
            }
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

    private void takeLong(String word) throws ValueException {
        int equals = word.indexOf('=');
        String name = whole(equals < 0 ? word : word.substring(0, equals));
        boolean known = model.optionsMap().containsKey(name);
        if (equals >= 0 && known && !takesValue(name)) {
            throw new ValueException(name + " takes no value, found " + word.substring(equals));
        } else if (equals >= 0) {
            options.add(name + word.substring(equals));
        } else if (takesValue(name)) {
            addWithNext(name);
        } else {
            options.add(name);
        }
    }

    /// The long option that begins so; the name itself if it is one, or none begins so.
    private String whole(String name) throws ValueException {
        if (model.optionsMap().containsKey(name)) {
            return name;
        }
        Set<String> candidates = new TreeSet<>();
        for (OptionSpec option : model.options()) {
            for (String each : option.names()) {
                if (name.length() > 2 && each.startsWith(name)) {
                    candidates.add(each);
                }
            }
        }
        if (candidates.size() > 1) {
            throw new ValueException(name + " may be " + String.join(" or ", candidates));
        }
        return candidates.isEmpty() ? name : candidates.iterator().next();
    }

    /// Short options in one word; the first that takes a value has what remains.
    private void takeShort(String word) {
        for (int i = 1; i < word.length(); i++) {
            String name = "-" + word.charAt(i);
            @Nullable OptionSpec option = model.optionsMap().get(name);
            String rest = word.substring(i + 1);
            String attached = rest.startsWith("=") ? rest.substring(1) : rest;
            if (option == null) {
                options.add("-" + word.substring(i));
                return;
            } else if (name.equals("-m") && FastManagerArguments.isMode(attached)) {
                options.add(ACK_MODE + "=" + attached);
                return;
            } else if (name.equals("-m") && rest.isEmpty() && modeFollows()) {
                addWithNext(ACK_MODE);
                return;
            } else if (!takesValue(name)) {
                options.add(option.longestName());
            } else if (rest.isEmpty()) {
                addWithNext(option.longestName());
                return;
            } else {
                options.add(option.longestName() + "=" + attached);
                return;
            }
        }
    }

    private boolean modeFollows() {
        return at < words.length && FastManagerArguments.isMode(words[at]);
    }

    /// An option whose value is the next word, if there is one.
    private void addWithNext(String name) {
        options.add(at < words.length ? name + "=" + words[at++] : name);
    }

    private boolean takesValue(String name) {
        @Nullable OptionSpec option = model.optionsMap().get(name);
        return option != null && option.arity().max() > 0;
    }
}
