// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A page of the manual, as mdoc(7) source.
///
/// @param name of the file
record ManPage(String name, List<String> lines) {
    static final Path FOLDER = Path.of("man");

    private static final Pattern OPTION = Pattern.compile("\\bFl (-?[a-zA-Z0-9][a-z0-9-]*)");
    private static final Pattern FILE = Pattern.compile("\\.\\\\\" file (\\S+)");

    /// A text that is shown to the letter.
    ///
    /// @param line where it begins, from 1
    /// @param file the name of the file that it is; empty if it is none
    record Example(String page, int line, String file, String text) {
        @Override
        public String toString() {
            return page + ":" + line;
        }
    }

    static ManPage read(String name) {
        try {
            return new ManPage(name, Files.readAllLines(FOLDER.resolve(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What is tagged by that macro, as in `.It Cm NAME`.
    List<String> tagged(String macro) {
        List<String> tags = new ArrayList<>();
        String start = ".It " + macro + " ";
        for (String line : lines) {
            if (line.startsWith(start)) {
                tags.add(line.substring(start.length()).split(" ", 2)[0]);
            }
        }
        return tags;
    }

    /// The lines of a section or subsection, without its heading.
    ManPage under(String heading) {
        List<String> part = new ArrayList<>();
        boolean inside = false;
        for (String line : lines) {
            if (line.startsWith(".Sh ") || line.startsWith(".Ss ")) {
                inside = line.substring(4).equals(heading);
            } else if (inside) {
                part.add(line);
            }
        }
        if (part.isEmpty()) {
            throw new AssertionError(name + " has no section " + heading);
        }
        return new ManPage(name, part);
    }

    /// The headings of all sections and subsections.
    List<String> headings() {
        return lines.stream()
                .filter(line -> line.startsWith(".Sh ") || line.startsWith(".Ss "))
                .map(line -> line.substring(4))
                .toList();
    }

    /// Every option that is named by `.Fl`.
    Set<String> options() {
        Set<String> options = new TreeSet<>();
        for (String line : lines) {
            Matcher option = OPTION.matcher(line);
            while (option.find()) {
                options.add("-" + option.group(1));
            }
        }
        return options;
    }

    /// Literal blocks, and lines of `.Dl`, as the reader sees them.
    List<Example> examples() {
        List<Example> examples = new ArrayList<>();
        String file = "";
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            Matcher named = FILE.matcher(line);
            if (named.matches()) {
                file = named.group(1);
            } else if (line.startsWith(".Dl ")) {
                examples.add(new Example(name, i + 1, "", shown(unquoted(line.substring(4)))));
            } else if (line.startsWith(".Bd -literal")) {
                examples.add(new Example(name, i + 2, file, block(i + 1)));
                file = "";
            }
        }
        return examples;
    }

    private String block(int from) {
        StringBuilder text = new StringBuilder();
        for (int i = from; !lines.get(i).equals(".Ed"); i++) {
            text.append(shown(lines.get(i))).append('\n');
        }
        return text.toString();
    }

    private static String unquoted(String argument) {
        return argument.substring(1, argument.length() - 1);
    }

    /// What becomes of the escapes of mandoc_char(7) that the pages use.
    private static String shown(String line) {
        return line.replace("\\&", "")
                .replace("\\-", "-")
                .replace("\\(ti", "~")
                .replace("\\(ha", "^")
                .replace("\\(ga", "`")
                .replace("\\(aq", "'")
                .replace("\\(dq", "\"")
                .replace("\\e", "\\");
    }
}
