// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// A command line of another manager, in which something is filled in before it is split into
/// words. So what an unquoted variable holds may become several words: then a shell splits it, when
/// the worker starts and the value is known.
public final class UnsplitCommandLine {
    /// Characters of Unicode's private use area stand for the places.
    private static final char FIRST = '\uE000';

    private static final char LAST = '\uF8FF';

    /// @param name as our language or, for a variable, a shell knows it
    private record Spot(String name, boolean isVariable) {}

    private final StringBuilder text = new StringBuilder();
    private final List<Spot> spots = new ArrayList<>();
    private boolean byShell;

    public UnsplitCommandLine literal(String more) {
        for (int i = 0; i < more.length(); i++) {
            char c = more.charAt(i);
            text.append(c >= FIRST && c <= LAST ? '?' : c);
        }
        return this;
    }

    /// A place of our language, as in `slot`, which is one word or in one.
    public UnsplitCommandLine place(String name) {
        return spot(new Spot(name, false));
    }

    /// A variable that the manager has.
    public UnsplitCommandLine variable(String name) {
        return spot(new Spot(name, true));
    }

    /// A variable that only the worker has, or that may be missing; a shell looks for it.
    public UnsplitCommandLine workerVariable(String name) {
        byShell = true;
        return variable(name);
    }

    private UnsplitCommandLine spot(Spot spot) {
        text.append((char) Math.min(FIRST + spots.size(), LAST));
        spots.add(spot);
        return this;
    }

    /// The command as our language writes it.
    public List<String> command() throws ValueException {
        if (spots.size() > LAST - FIRST) {
            throw new ValueException("more than " + (LAST - FIRST) + " places");
        }
        BitSet bare = new BitSet();
        List<String> words = ShlexSplitter.split(text.toString(), FIRST, bare);
        if (words.isEmpty() || words.getFirst().isEmpty()) {
            throw new ValueException("it is empty");
        }
        boolean splits = byShell;
        for (int i = 0; i < spots.size(); i++) {
            splits |= spots.get(i).isVariable() && bare.get(i);
        }
        if (splits) {
            TemplateTextBuilder line = new TemplateTextBuilder().literal("set -fu; exec");
            words.forEach(word -> shell(word, bare, line.literal(' ')));
            return List.of("/bin/sh", "-c", line.toString());
        }
        return words.stream().map(this::written).toList();
    }

    private String written(String word) {
        TemplateTextBuilder out = new TemplateTextBuilder();
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c < FIRST || c > LAST) {
                out.literal(c);
            } else {
                Spot spot = spots.get(c - FIRST);
                out.place((spot.isVariable() ? "env." : "") + spot.name());
            }
        }
        return out.toString();
    }

    /// Writes a word for a shell: in double quotes except bare variables, or plain where it needs
    /// no quotes.
    private void shell(String word, BitSet bare, TemplateTextBuilder out) {
        boolean plain = word.matches("[A-Za-z0-9_./:=,@%+\uE000-\uF8FF-]+");
        boolean quoted = false;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            boolean isSpot = c >= FIRST && c <= LAST;
            boolean quotes = isSpot ? !isBare(c, bare) : !plain;
            if (quotes != quoted) {
                out.literal('"');
                quoted = quotes;
            }
            if (!isSpot) {
                out.literal("\\\"$`".indexOf(c) >= 0 ? "\\" + c : String.valueOf(c));
            } else if (spots.get(c - FIRST).isVariable()) {
                out.literal("${" + spots.get(c - FIRST).name() + "}");
            } else {
                out.place(spots.get(c - FIRST).name());
            }
        }
        out.literal(word.isEmpty() ? "\"\"" : quoted ? "\"" : "");
    }

    private boolean isBare(char c, BitSet bare) {
        return !spots.get(c - FIRST).isVariable() || bare.get(c - FIRST);
    }
}
