// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Release of a program: what a symbolic link in its paths pointed at when its definition was read,
/// as `/srv/web/current` did at `/srv/web/releases/42`. Workers run from there for as long as the
/// definition is in force, wherever the link points meanwhile.
///
/// @param link path of the link, absolute, as the configuration writes it
/// @param path path that it pointed at, absolute and without links
/// @param directory working directory without links
/// @param program file of the program without links; null if it is found by its name in `command`
public record Release(Path link, Path path, Path directory, @Nullable Path program) {
    /// Returns the last part of its path, as in `42`.
    public String name() {
        Path last = path.getFileName();
        return last == null ? path.toString() : last.toString();
    }

    /// Returns a path with the release's in the place of the link's, if it leads through it.
    public Path in(Path path) {
        return path.startsWith(link) ? this.path.resolve(link.relativize(path)) : path;
    }

    /// Returns a text with the release's path wherever the link's stands in it as a path: from the
    /// beginning of a path on, to the end of one of its parts. `-cp
    /// /srv/web/current/a:/srv/web/current/b` has two, `/data/srv/web/current` and
    /// `/srv/web/currents` have none.
    public String in(String text) {
        String from = link.toString();
        int found = text.indexOf(from);
        if (found < 0) {
            return text;
        }
        StringBuilder result = new StringBuilder();
        int copied = 0;
        for (; found >= 0; found = text.indexOf(from, found + from.length())) {
            if (beginsPath(text, found) && endsPart(text, found + from.length())) {
                result.append(text, copied, found).append(path);
                copied = found + from.length();
            }
        }
        return result.append(text, copied, text.length()).toString();
    }

    /// True unless the path before goes on; `//` is that of a URL.
    private static boolean beginsPath(String text, int at) {
        return at == 0
                || (text.charAt(at - 1) == '/'
                        ? text.startsWith("://", at - 3)
                        : !isOfName(text.charAt(at - 1)));
    }

    private static boolean endsPart(String text, int at) {
        return at == text.length() || !isOfName(text.charAt(at));
    }

    private static boolean isOfName(char c) {
        return Character.isLetterOrDigit(c) || "._-~+%@".indexOf(c) >= 0;
    }

    /// Returns a template with the release in the place of the link, and of `${release}` and
    /// `${release.name}`.
    ///
    /// @param release null for none: the template stays as it is
    public static TextTemplate apply(@Nullable Release release, TextTemplate template) {
        return release == null ? template : template.in(release);
    }

    /// Returns a directory with the release in the place of the link.
    ///
    /// @param release null for none: the path stays as it is
    public static Path apply(@Nullable Release release, Path path) {
        return release == null ? path : release.in(path);
    }

    /// Returns all of it in one text, so that two that differ in anything have other texts.
    public String text() {
        return link
                + " -> "
                + path
                + (directory.equals(path) ? "" : ", in " + directory)
                + (program == null ? "" : ", " + program);
    }

    /// Describes it for a person: `42`, or all of it if the name alone says no difference.
    ///
    /// @param other a release that it is to be told from; null for none
    public String toldFrom(@Nullable Release other) {
        return other != null && other.name().equals(name()) ? text() : name();
    }
}
