// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A line of mdoc(7) source, looked at for what it says without being meant: a word of the text
/// that is the name of a macro, and quotes that end elsewhere than where they seem to.
///
/// @param macro the first of the line; empty for text
record MdocLine(String macro, List<String> words) {
    private static final Pattern WORD = Pattern.compile("\"[^\"]*\"|\\S+");

    /// Macros that are called wherever their name stands in the line of another one.
    private static final Set<String> CALLED =
            Set.of(
                    ("Ac Ad An Ao Ap Aq Ar At Bc Bo Bq Brc Bro Brq Bsx Bx Cd Cm Dc Do Dq Dv Dx Ec"
                         + " Em En Eo Er Es Ev Fa Fc Fl Fn Fo Fr Ft Fx Ic In Lb Li Lk Ms Mt Nm No"
                         + " Ns Nx Oc Oo Op Ot Ox Pa Pc Pf Po Pp Pq Px Qc Ql Qo Qq Sc So Sq Sx Sy"
                         + " Tn Ux Va Vt Xc Xo Xr")
                            .split(" ", -1));

    /// Those of them that no page needs, and that are English words or close to one.
    private static final Set<String> WORDS =
            Set.of("Ad", "An", "At", "Do", "Es", "Fa", "Fo", "Fr", "Ft", "In", "So", "Ux");

    /// What stands behind them is text to the end of the line.
    private static final Set<String> PROSE = Set.of("Sh", "Ss", "Nd", "Dl", "D1");

    private static final Set<String> QUOTES = Set.of("Ql", "Sq", "Dq", "Qq");
    private static final Set<String> IN_QUOTES = Set.of("Ar", "Ns");

    static MdocLine of(String line) {
        List<String> words = new ArrayList<>();
        if (line.startsWith(".")) {
            Matcher word = WORD.matcher(line.substring(1));
            while (word.find()) {
                words.add(word.group());
            }
        }
        boolean comment = words.isEmpty() || words.getFirst().startsWith("\\");
        return comment ? new MdocLine("", List.of()) : new MdocLine(words.removeFirst(), words);
    }

    /// Whether it prints something else than what it seems to.
    boolean isMisread() {
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            boolean called = PROSE.contains(macro) ? CALLED.contains(word) : WORDS.contains(word);
            if (called || (QUOTES.contains(word) && !endsWithIts(i + 1))) {
                return true;
            }
        }
        return QUOTES.contains(macro) && !endsWithIts(0);
    }

    /// Whether a quotation from there on is one, with nothing but punctuation behind it.
    private boolean endsWithIts(int from) {
        int end = words.size();
        while (end > from && isPunctuation(words.get(end - 1))) {
            end--;
        }
        for (String word : words.subList(from, end)) {
            if (isPunctuation(word) || (CALLED.contains(word) && !IN_QUOTES.contains(word))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPunctuation(String word) {
        return word.length() == 1 && ".,:;()[]?!".contains(word);
    }
}
