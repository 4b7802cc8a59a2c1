// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.Node.Entry;
import org.einhyrningsins.config.Node.Mapping;
import org.einhyrningsins.spec.ControlSpec;
import org.einhyrningsins.spec.LogSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.PatternSyntaxException;

/// Reads the main file and what it includes.
final class ServicesReader {
    private final Path file;
    private final Path base;
    private final Surroundings surroundings;
    private final Problems problems;
    private final Values values;

    ServicesReader(Path file, Surroundings surroundings, Problems problems) {
        this.file = file;
        Path parent = file.toAbsolutePath().getParent();
        this.base = parent == null ? file.toAbsolutePath() : parent;
        this.surroundings = surroundings;
        this.problems = problems;
        this.values = new Values(problems);
    }

    ServicesSpec read() {
        Fields top = file(file, null, Shape.FILE);
        ControlSpec control = control(top.fields("control", Shape.CONTROL));
        LogSpec log = log(top.fields("log", Shape.LOG));
        SequencedMap<String, Entry> programs = new LinkedHashMap<>();
        enter(top, programs);
        include(top, programs);
        if (!top.has("include")) {
            top.require("programs");
        }
        String state = top.text("state-dir", "a path");
        Path directory = state == null ? null : Paths.of(base, state);
        return new ServicesSpec(control, log, directory, programs(programs, defaults(top)));
    }

    private Fields file(Path path, @Nullable Place mention, Shape shape) {
        Source source = Source.read(path, mention, problems);
        Place place = new Place(source == null ? new Source(path, "") : source, 0, 0, "");
        Node root = source == null ? null : YamlTree.read(source, problems);
        if (root == null) {
            return Fields.none(place, values);
        }
        return values.fields(root, shape, "a map with programs");
    }

    private ControlSpec control(Fields fields) {
        String socket = fields.text("socket", "a path");
        Integer mode = fields.octal("mode");
        return new ControlSpec(
                socket == null ? null : Paths.of(base, socket),
                mode == null ? ControlSpec.DEFAULT.mode() : mode);
    }

    private static LogSpec log(Fields fields) {
        return new LogSpec(
                fields.choice("level", LogSpec.Level.values(), LogSpec.DEFAULT.level()),
                fields.choice("format", LogSpec.Format.values(), LogSpec.DEFAULT.format()),
                fields.flag("syslog", LogSpec.DEFAULT.syslog()));
    }

    private @Nullable Mapping defaults(Fields top) {
        Node node = top.node("defaults");
        if (node instanceof Mapping map) {
            Fields.of(map, Shape.PROGRAM, values);
            return map;
        } else if (node != null) {
            values.expected(node, "a map");
        }
        return null;
    }

    private SequencedMap<String, ProgramSpec> programs(
            SequencedMap<String, Entry> entries, @Nullable Mapping defaults) {
        ProgramReader reader =
                new ProgramReader(file, base, surroundings, new AddressBook(), problems);
        SequencedMap<String, ProgramSpec> programs = new LinkedHashMap<>();
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            Node node = entry.getValue().value();
            Node full =
                    defaults != null && node instanceof Mapping map
                            ? Defaults.under(map, defaults)
                            : node;
            programs.put(entry.getKey(), reader.read(entry.getKey(), full));
        }
        return programs;
    }

    /// Adds the programs of one file to those of all.
    private void enter(Fields file, SequencedMap<String, Entry> programs) {
        Node node = file.node("programs");
        if (node == null) {
            return;
        } else if (!(node instanceof Mapping map)) {
            values.expected(node, "a map of programs");
            return;
        } else {
            for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
                checkName(entry.getKey(), entry.getValue().key());
                Entry first = programs.putIfAbsent(entry.getKey(), entry.getValue());
                if (first != null) {
                    problems.report(
                            entry.getValue().key(),
                            "there is a program of that name at " + first.key());
                }
            }
        }
    }

    private void checkName(String name, Place place) {
        if (name.equals("all")) {
            problems.report(
                    place, "a program cannot be named all: commands mean every program by it");
        } else if (!Texts.isName(name)) {
            problems.report(
                    place,
                    "a program's name has letters, digits, '_', '-' and '.', begins with a letter"
                            + " or digit, and is at most 64 long");
        }
    }

    private void include(Fields top, SequencedMap<String, Entry> programs) {
        Node include = top.node("include");
        for (Node node : include == null ? List.<Node>of() : values.oneOrMany(include)) {
            String pattern = values.text(node, "a file or a pattern such as conf.d/*.yaml");
            for (Path path : pattern == null ? List.<Path>of() : matching(pattern, node)) {
                enter(file(path, node.place(), Shape.INCLUDED), programs);
            }
        }
    }

    /// In the order of their names, without the main file. As in a shell, `*` does not mean files
    /// that begin with a dot (editors leave such).
    private List<Path> matching(String pattern, Node node) {
        int slash = pattern.lastIndexOf('/');
        String directory = pattern.substring(0, slash + 1);
        String name = pattern.substring(slash + 1);
        if (isWild(directory)) {
            problems.report(node.place(), "wildcards may stand only after the last slash");
            return List.of();
        } else if (!isWild(name)) {
            return List.of(sibling(pattern));
        }
        List<Path> matching = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(sibling(directory.isEmpty() ? "." : directory), name)) {
            for (Path path : files) {
                String found = path.getFileName().toString();
                Path sibling = sibling(directory + found);
                if (name.startsWith(".") == found.startsWith(".") && !sibling.equals(file)) {
                    matching.add(sibling);
                }
            }
        } catch (IOException | PatternSyntaxException e) {
            problems.warn(node.place(), "nothing is included: " + e);
            return List.of();
        }
        if (matching.isEmpty()) {
            problems.warn(node.place(), "no file matches; nothing is included");
        }
        Collections.sort(matching);
        return matching;
    }

    private static boolean isWild(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("*?[{".indexOf(text.charAt(i)) >= 0) {
                return true;
            }
        }
        return false;
    }

    /// Beside the main file, named as the user named that.
    private Path sibling(String path) {
        return file.resolveSibling(path);
    }
}
