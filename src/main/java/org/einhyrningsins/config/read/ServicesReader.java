// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Budget;
import org.einhyrningsins.config.source.ImportFormat;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Entry;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Paths;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.source.Trail;
import org.einhyrningsins.config.value.AddressBook;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Glob;
import org.einhyrningsins.config.value.KindHints;
import org.einhyrningsins.config.value.Rights;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.config.value.UnknownKeys;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.config.yaml.YamlTree;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec.UnixPath;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Reads the main file and what it includes.
final class ServicesReader {
    /// By the group or by all: who connects to a socket writes to it.
    private static final int WRITABLE_BY_OTHERS = 0022;

    private final Path file;
    private final Path base;
    private final Problems problems;
    private final Values values;
    private final Budget budget = new Budget();
    private final AddressBook book = new AddressBook();
    private final People people;
    private final ProgramReader reader;
    private final AfterCheck after;
    private final SequencedMap<String, ProgramSpec> programs = new LinkedHashMap<>();
    private final Map<String, Place> places = new HashMap<>();
    private final Surroundings surroundings;
    private final Map<Path, Place> included = new HashMap<>();
    private @Nullable Mapping defaults;
    private final @Nullable Map<String, String> origins;
    private boolean full;

    /// @param origins where each key of a program was given; null if nobody wants to know
    ServicesReader(
            Path file,
            Surroundings surroundings,
            @Nullable Map<String, String> origins,
            Values values) {
        this.origins = origins;
        this.file = file;
        Path parent = file.toAbsolutePath().getParent();
        this.base = parent == null ? file.toAbsolutePath() : parent;
        this.surroundings = surroundings;
        this.problems = values.problems();
        this.values = values;
        this.after = new AfterCheck(problems, values);
        this.people = new People(surroundings);
        this.reader = new ProgramReader(file, base, surroundings, book, budget, values);
    }

    ServicesSpec read() {
        Fields top = file(file, null, Shape.FILE);
        ControlSpec control = control(top.fields("control", Shape.CONTROL));
        LogSpec log = log(top.fields("log", Shape.LOG));
        HttpSpec http =
                new HttpReader(base, surroundings, book, values)
                        .read(top.fields("http", Shape.HTTP));
        defaults = defaults(top);
        programs(top);
        include(top);
        after.finish();
        if (!top.has("include")) {
            top.require("programs");
        }
        String state = top.path("state-dir", "a path", surroundings.environment());
        Path directory = state == null ? null : Paths.of(base, state);
        if (directory != null) {
            String what = "read or replace what the manager goes on with";
            warnOf(top.place("state-dir"), directory, true, what);
        }
        return new ServicesSpec(control, log, directory, http, programs);
    }

    private void warnOf(Place place, Path file, boolean groups, String what) {
        Rights.Stranger stranger = surroundings.rights().stranger(file, null, groups);
        if (stranger != null) {
            problems.warn(place, stranger.could(what));
        }
    }

    private Fields file(Path path, @Nullable Place mention, Shape shape) {
        Source source =
                Source.read(path, mention, surroundings.contents(), budget, problems, false);
        Place place = Place.of(source == null ? new Source(path, "") : source);
        if (source != null && isForeign(source)) {
            return Fields.none(place, values);
        }
        if (source != null) {
            warnOf(place, path, true, "have the manager run anything, as its user");
        }
        Node root = source == null ? null : YamlTree.read(source, problems);
        if (root == null) {
            return Fields.none(place, values);
        }
        return values.fields(root, shape, "a map with programs");
    }

    /// Whether the file begins as one of sections, INI, TOML or a unit, does. All that YAML has to
    /// say of such a file would be beside the point.
    private boolean isForeign(Source source) {
        List<String> lines = Source.lines(source.text());
        int first = 0;
        while (first < lines.size() && lines.get(first).matches("\\s*([#;].*)?")) {
            first++;
        }
        String line = first < lines.size() ? lines.get(first).strip() : "";
        if (!line.startsWith("[") || !line.matches("\\[[A-Za-z][^\\]\"'{},]*\\]")) {
            return false;
        }
        boolean known = ImportFormat.hasSections(source);
        problems.report(
                new Place(source, first + 1, 1, Trail.TOP),
                line
                        + " begins a section of another language, and this one is YAML; "
                        + (known
                                ? "`einhyrningsins import "
                                        + source.file().getFileName()
                                        + "` writes what it means here"
                                : "write programs:, and the name of each below it"));
        return true;
    }

    private ControlSpec control(Fields fields) {
        String socket = fields.path("socket", "a path", surroundings.environment());
        Integer mode = fields.octal("mode");
        AllowSpec allow = allow(fields, mode);
        Path path = socket == null ? null : Paths.of(base, socket);
        if (path != null) {
            book.claimName(new UnixPath(path), "control", fields.place("socket"));
            if (path.getParent() != null) {
                String what = "put another socket in its place";
                warnOf(fields.place("socket"), path.getParent(), false, what);
            }
        }
        return new ControlSpec(
                path,
                mode == null ? usualMode(allow) : mode,
                allow,
                fields.flag("keeper", ControlSpec.DEFAULT.keeper()));
    }

    /// Nobody is asked for an identity whom the file's mode keeps out.
    private static int usualMode(@Nullable AllowSpec allow) {
        return allow == null || allow.nobody() ? ControlSpec.DEFAULT.mode() : ControlSpec.OPEN;
    }

    private @Nullable AllowSpec allow(Fields control, @Nullable Integer mode) {
        if (!control.has("allow")) {
            return null;
        }
        Fields fields = control.fields("allow", Shape.ALLOW);
        AllowSpec allow = new AllowSpec(people.whos(fields, "admin"), people.whos(fields, "read"));
        if (mode != null && (mode & WRITABLE_BY_OTHERS) == 0 && !allow.nobody()) {
            control.warn(
                    "mode",
                    "only the manager's own user and root get as far as the socket, so allow lets"
                            + " nobody else in; leave mode out for \"0666\"");
        }
        return allow;
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

    /// Reads the programs of one file. Its tree is garbage afterwards.
    private void programs(Fields of) {
        Node node = of.node("programs");
        if (node == null) {
            node = misspelled(of);
        }
        if (node instanceof Mapping map) {
            for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
                if (full) {
                    break;
                }
                program(entry.getKey(), entry.getValue());
            }
        } else if (node != null) {
            values.expected(node, "a map of programs", KindHints.ofPrograms(node));
        }
    }

    /// What stands under a key that must have been meant for `programs`, so that one look tells of
    /// its mistakes too.
    private static @Nullable Node misspelled(Fields of) {
        for (Map.Entry<String, Entry> entry : of.entries().entrySet()) {
            if ("programs".equals(UnknownKeys.spelling(entry.getKey(), Shape.INCLUDED, 1))) {
                return entry.getValue().value();
            }
        }
        return null;
    }

    private void program(String name, Entry entry) {
        checkName(name, entry.key());
        Place first = places.putIfAbsent(name, entry.key());
        if (first != null) {
            problems.report(entry.key(), "there is a program of that name at " + first);
            return;
        }
        Node node = entry.value();
        if (defaults != null && node instanceof Mapping map) {
            node = Defaults.under(map, defaults);
        }
        if (origins != null && node instanceof Mapping map) {
            for (Map.Entry<String, Entry> key : map.entries().entrySet()) {
                origins.put(name + "." + key.getKey(), key.getValue().key().toString());
            }
        }
        if (!budget.takeProgram()) {
            tooMuch(entry.key(), "there are more than 10,000 programs");
        } else if (!budget.takeValues(Defaults.weight(node))) {
            tooMuch(
                    entry.key(),
                    "this program and those before it have more than 200,000 values, counting the"
                            + " defaults in each");
        } else {
            programs.put(name, reader.read(name, node));
            after.add(name, node);
        }
    }

    private void tooMuch(Place place, String message) {
        if (!full) {
            full = true;
            problems.report(place, message);
        }
    }

    private void checkName(String name, Place place) {
        if (name.equals("all")) {
            problems.report(
                    place, "a program cannot be named all: commands mean every program by it");
        } else if (!Texts.isName(name)) {
            String meant = name.strip().replaceAll("[^A-Za-z0-9_.-]+", "-");
            meant = meant.replaceAll("^[^A-Za-z0-9]+|-+$", "");
            String hint =
                    Texts.isName(meant) && meant.length() * 2 > name.length()
                            ? "; write " + meant
                            : "";
            problems.report(
                    place,
                    "a program's name has letters, digits, '_', '-' and '.', begins with a letter"
                            + " or digit, and is at most 64 long"
                            + hint);
        }
    }

    private void include(String pattern, Place place) {
        if (Glob.isWild(pattern)) {
            includeAll(pattern, place);
        } else {
            includeOne(pattern, place);
        }
    }

    private void include(Fields top) {
        Node include = top.node("include");
        if (include == null) {
            return;
        }
        included.put(real(file), include.place());
        for (Node node : values.oneOrMany(include)) {
            if (full || problems.full()) {
                return;
            }
            String pattern = values.text(node, "a file or a pattern such as conf.d/*.yaml");
            if (pattern != null && values.isPath(node, pattern, surroundings.environment())) {
                include(pattern, node.place());
            }
        }
    }

    private void includeOne(String path, Place mention) {
        Path sibling = sibling(path);
        Path real = real(sibling);
        Place first = included.putIfAbsent(real, mention);
        if (real.equals(real(file))) {
            problems.report(mention, "a file cannot include itself");
        } else if (first != null) {
            problems.report(mention, sibling + " is included already, at " + first);
        } else {
            includeFile(sibling, mention);
        }
    }

    /// Without the main file, and without what is included already: so a list can name the first
    /// one and then all others.
    private void includeAll(String pattern, Place mention) {
        List<String> matching;
        try {
            matching = Glob.find(pattern, file);
        } catch (Misread e) {
            problems.report(mention, e.reason());
            return;
        }
        int matched = 0;
        for (String path : matching) {
            Path sibling = sibling(path);
            if (included.putIfAbsent(real(sibling), mention) == null) {
                includeFile(sibling, mention);
                matched++;
            }
        }
        if (matched == 0) {
            problems.warn(mention, "no file matches; nothing is included");
        }
    }

    private void includeFile(Path path, Place mention) {
        if (full || problems.full()) {
            return;
        } else if (budget.takeFile()) {
            programs(file(path, mention, Shape.INCLUDED));
        } else {
            tooMuch(mention, "more than 10,000 files are included");
        }
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException _) {
            // reading it will tell why
            return path.toAbsolutePath().normalize();
        }
    }

    /// Beside the main file, named as the user named that.
    private Path sibling(String path) {
        return file.resolveSibling(path);
    }
}
