// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.ValueException;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// Finds the files that a pattern means, as a shell does: `*`, `?` and `[…]` in any part of the
/// path, `{a,b}` for one or the other. What begins with a dot (editors leave such) is meant only by
/// a pattern that does. The time and the memory it takes are bounded, whatever the pattern.
public final class Glob {
    private static final int MAX_ALTERNATIVES = 100;
    private static final int MAX_ENTRIES = 200_000;

    private final Path beside;
    private final SortedSet<String> found = new TreeSet<>();
    private int entries;

    /// @param beside the file that relative patterns are beside of
    private Glob(Path beside) {
        this.beside = beside;
    }

    public static boolean isWild(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("*?[{".indexOf(text.charAt(i)) >= 0) {
                return true;
            }
        }
        return false;
    }

    /// The paths that match, in their order, written as the pattern is.
    public static List<String> find(String pattern, Path beside) throws ValueException {
        if (pattern.contains("**")) {
            throw new ValueException(
                    "** is not understood; write a * for each level of directories");
        } else if (pattern.length() > 4096) {
            throw new ValueException("the pattern is longer than a path can be");
        }
        Glob glob = new Glob(beside);
        for (String alternative : alternatives(pattern)) {
            glob.descend("", alternative);
        }
        return new ArrayList<>(glob.found);
    }

    // ---- braces

    private static List<String> alternatives(String pattern) throws ValueException {
        List<String> done = new ArrayList<>();
        List<String> open = new ArrayList<>(List.of(pattern));
        while (!open.isEmpty()) {
            String next = open.removeFirst();
            int from = next.indexOf('{');
            int to = from < 0 ? -1 : next.indexOf('}', from);
            if (to < 0) {
                done.add(next);
            } else {
                for (String word : next.substring(from + 1, to).split(",", -1)) {
                    open.add(next.substring(0, from) + word + next.substring(to + 1));
                }
            }
            if (open.size() + done.size() > MAX_ALTERNATIVES) {
                throw new ValueException("the pattern has more than 100 alternatives");
            }
        }
        return done;
    }

    // ---- directories

    /// @param path the part found already, with a slash at its end
    private void descend(String path, String pattern) throws ValueException {
        int slash = pattern.indexOf('/');
        String part = slash < 0 ? pattern : pattern.substring(0, slash);
        String rest = slash < 0 ? "" : pattern.substring(slash + 1);
        if (!isWild(part)) {
            step(path + part, slash < 0, rest);
            return;
        }
        for (String name : names(path, part)) {
            step(path + name, slash < 0, rest);
        }
    }

    private void step(String path, boolean last, String rest) throws ValueException {
        if (!last) {
            descend(path + "/", rest);
        } else if (Files.exists(resolved(path))) {
            found.add(path);
        }
    }

    private List<String> names(String path, String part) throws ValueException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> directory =
                Files.newDirectoryStream(resolved(path.isEmpty() ? "." : path))) {
            for (Path entry : directory) {
                String name = String.valueOf(entry.getFileName());
                if (part.startsWith(".") == name.startsWith(".") && matches(part, name)) {
                    names.add(name);
                }
                if (++entries > MAX_ENTRIES || names.size() > ConfigLimits.MAX_FILES) {
                    throw new ValueException("there are more than 10,000 files to look at");
                }
            }
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            // what is no directory or is not ours to list holds nothing for us
            return List.of();
        }
        Collections.sort(names);
        return names;
    }

    private Path resolved(String path) {
        return beside.resolveSibling(path);
    }

    // ---- names

    /// Backs up to the last star only, so it takes no more than the product of the lengths.
    static boolean matches(String pattern, String name) {
        int p = 0;
        int n = 0;
        int star = -1;
        int mark = 0;
        while (n < name.length()) {
            int end = p < pattern.length() ? one(pattern, p, name.charAt(n)) : -1;
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                mark = n;
            } else if (end >= 0) {
                p = end;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++mark;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /// Returns the index at which the pattern goes on after this character; -1 if it does not
    /// match.
    private static int one(String pattern, int at, char c) {
        char p = pattern.charAt(at);
        int close = p == '[' ? pattern.indexOf(']', at + 2) : -1;
        if (close >= 0) {
            return inSet(pattern.substring(at + 1, close), c) ? close + 1 : -1;
        }
        return p == '?' || p == c ? at + 1 : -1;
    }

    private static boolean inSet(String set, char c) {
        boolean not = set.charAt(0) == '!' || set.charAt(0) == '^';
        boolean in = false;
        for (int i = not ? 1 : 0; i < set.length(); i++) {
            boolean range = i + 2 < set.length() && set.charAt(i + 1) == '-';
            char last = set.charAt(range ? i + 2 : i);
            in |= set.charAt(i) <= c && c <= last;
            i += range ? 2 : 0;
        }
        return in != not;
    }
}
