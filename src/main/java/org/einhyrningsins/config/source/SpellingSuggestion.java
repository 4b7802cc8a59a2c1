// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Locale;

/// Finds what somebody may have meant.
public final class SpellingSuggestion {
    private SpellingSuggestion() {}

    /// The word that is nearest, if no more than a third of its letters are wrong; else one that it
    /// begins with, or that begins with it.
    public static @Nullable String of(String typed, List<String> words) {
        String nearest = null;
        int best = Integer.MAX_VALUE;
        for (String word : words) {
            int distance = distance(typed.toLowerCase(Locale.ROOT), word);
            boolean near = distance <= Math.max(1, Math.min(typed.length(), word.length()) / 3);
            if (near && distance < best) {
                best = distance;
                nearest = word;
            }
        }
        return nearest == null ? beginning(typed.toLowerCase(Locale.ROOT), words) : nearest;
    }

    private static @Nullable String beginning(String typed, List<String> words) {
        String longest = null;
        for (String word : words) {
            boolean begins =
                    typed.length() > 2
                            && word.length() > 2
                            && (typed.startsWith(word) || word.startsWith(typed));
            if (begins && (longest == null || word.length() > longest.length())) {
                longest = word;
            }
        }
        return longest;
    }

    /// Returns the number of letters to insert, delete, change, or swap with the next (optimal
    /// string alignment). Long texts are just far away.
    public static int distance(String a, String b) {
        if (a.length() > 40 || b.length() > 40) {
            return Integer.MAX_VALUE;
        }
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                d[i][j] = Math.min(i, j) == 0 ? Math.max(i, j) : step(d, a, b, i, j);
            }
        }
        return d[a.length()][b.length()];
    }

    private static int step(int[][] d, String a, String b, int i, int j) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int cost = d[i - 1][j - 1] + (same ? 0 : 1);
        cost = Math.min(cost, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        boolean swapped =
                i > 1
                        && j > 1
                        && a.charAt(i - 1) == b.charAt(j - 2)
                        && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(cost, d[i - 2][j - 2] + 1) : cost;
    }
}
