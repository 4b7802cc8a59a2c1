// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ComposeText;
import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.source.DraftText;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.PlacedText;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Accounts;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes a service of a compose file as a program: what runs, with what, as whom. How it lives is
/// written by [ComposeLife].
final class ComposeService {
    private static final String PRESENT = "what the command names has to be here";

    private final ForeignMap service;
    private final DraftProgram program;
    private final ComposeText texts;
    private final Path here;
    private final Map<String, String> programs;
    private final SequencedMap<String, String> mounts = new LinkedHashMap<>();

    /// @param here the directory of the file
    /// @param programs the names of all programs by those of their services
    ComposeService(
            ForeignMap service,
            DraftProgram program,
            ComposeText texts,
            Path here,
            Map<String, String> programs) {
        this.service = service;
        this.program = program;
        this.texts = texts;
        this.here = here;
        this.programs = programs;
    }

    /// @param isAwaited whether others wait until it is healthy
    void write(boolean isAwaited) {
        volumes();
        command();
        environment();
        files();
        user();
        directory();
        names();
        boolean hasPorts = ports();
        new ComposeLife(service, program, texts, programs).write(isAwaited, hasPorts);
        for (Setting setting : service.takeRest()) {
            ComposeReasons.tell(program, setting);
        }
    }

    // ---- what it runs

    private void command() {
        boolean hasEntry = service.look("entrypoint") != null;
        boolean hasCommand = service.look("command") != null;
        Setting where = service.setting(hasEntry ? "entrypoint" : "command");
        boolean isImage = service.has("image");
        boolean isBuilt = service.has("build");
        Setting image = service.setting(isImage ? "image" : "build");
        if (isImage && isBuilt) {
            program.same(service.setting("build"), "nothing is built");
        }
        service.take("image");
        service.take("build");
        try {
            PlacedText line = new PlacedText();
            boolean noEntry = add("entrypoint", line);
            boolean isEmpty = add("command", line) && noEntry;
            List<String> words = isEmpty ? List.of() : line.command();
            if (isEmpty) {
                throw new Misread("what it runs is said in the image; write it in command");
            } else if (!hasEntry && words.getFirst().startsWith("-")) {
                throw new Misread("the image says of what these are options; write it in command");
            }
            program.command(words);
        } catch (Misread e) {
            program.noCommand(
                    hasEntry || hasCommand || !(isImage || isBuilt) ? where : image, e.reason());
            return;
        }
        if (!isImage && !isBuilt) {
            program.differs("command", "it has neither an image nor a build; " + PRESENT);
            return;
        }
        program.differs(
                "command",
                image,
                hasEntry ? PRESENT : PRESENT + "; an ENTRYPOINT of it is not known");
    }

    /// A text is split as a shell would, and given to none; of a list each is a word.
    ///
    /// @return whether it has nothing
    private boolean add(String key, PlacedText line) throws Misread {
        Node node = service.take(key);
        if (node instanceof Scalar scalar) {
            texts.add(scalar.text(), line, false);
            line.literal(" ");
            return scalar.text().isBlank();
        } else if (node instanceof Items items) {
            for (Node item : items.values()) {
                texts.add(ForeignMap.shown(item), line.literal("\""), true);
                line.literal("\" ");
            }
            return items.values().isEmpty();
        } else if (node != null) {
            throw new Misread("a command is a text or a list");
        }
        return true;
    }

    // ---- with what

    /// As a map, or as a list of `NAME=value`; one without a value is the environment's.
    private void environment() {
        Node node = service.look("environment");
        if (node instanceof Mapping map) {
            map.entries()
                    .forEach(
                            (name, entry) -> {
                                boolean isNull = entry.value() instanceof Scalar s && s.isNull();
                                String text = isNull ? null : ForeignMap.shown(entry.value());
                                variable(
                                        name,
                                        text,
                                        new Place(entry.key().source(), entry.key().line(), 1, ""));
                            });
        } else if (node instanceof Items items) {
            for (Node item : items.values()) {
                String text = ForeignMap.shown(item);
                int equals = text.indexOf('=');
                variable(
                        equals < 0 ? text : text.substring(0, equals),
                        equals < 0 ? null : text.substring(equals + 1),
                        item.place());
            }
        }
        service.take("environment");
    }

    private void variable(String name, @Nullable String text, Place place) {
        Setting setting = new Setting("environment." + name, text == null ? "" : text, place);
        String beside = texts.beside().get(name);
        try {
            if (text != null) {
                program.env(name, texts.withPlaces(text), setting);
            } else if (beside != null && !texts.environment().containsKey(name)) {
                program.env(name, DraftText.escaped(beside), setting);
            } else {
                program.same(setting, "workers inherit it");
            }
        } catch (Misread e) {
            program.blocks(setting, e.reason());
        }
    }

    private void files() {
        List<String> files = new ArrayList<>();
        Node node = service.take("env_file");
        List<Node> all =
                node instanceof Items items
                        ? items.values()
                        : node == null ? List.of() : List.of(node);
        for (Node item : all) {
            if (item instanceof Mapping map) {
                ForeignMap file = ForeignMap.of(map, "env_file.");
                Setting path = file.text("path");
                Setting required = file.text("required");
                file(
                        path == null ? new Setting("env_file", "", item.place()) : path,
                        required == null || !Boolean.FALSE.equals(required.flag()),
                        files);
                file.takeRest().forEach(more -> program.lost("env-file", more, "see env-file"));
            } else {
                file(new Setting("env_file", ForeignMap.shown(item), item.place()), true, files);
            }
        }
        if (!files.isEmpty()) {
            program.set("env-file", DraftProgram.list(files));
        }
    }

    private void file(Setting setting, boolean required, List<String> files) {
        try {
            Path path = here.resolve(texts.settled(setting.value())).normalize();
            if (!Files.exists(path)) {
                files.add("-" + path);
                if (required) {
                    program.blocks(setting, "there is no such file");
                }
                return;
            }
            Problems problems = new Problems();
            Source source = Source.read(path, null, problems);
            if (source != null) {
                EnvFile.read(source, new LinkedHashMap<>(), problems);
            }
            if (!problems.none()) {
                program.blocks(
                        setting,
                        "an env-file cannot be so: " + problems.problems().getFirst().message());
                return;
            }
            files.add((required ? "" : "-") + path);
            if (source != null && source.text().matches("(?s).*=[^'\\n]*\\$.*")) {
                program.differs("env-file", setting, "a $NAME in it is not filled in");
            }
        } catch (Misread e) {
            program.blocks(setting, e.reason());
        }
    }

    // ---- as whom, and where

    private void user() {
        Setting setting = service.text("user");
        if (setting == null) {
            program.differs("user", "the image's user there, the manager's here; see user");
            return;
        }
        try {
            String[] parts = texts.settled(setting.value()).split(":", 2);
            if (parts[0].isBlank()) {
                throw new Misread("it names nobody");
            }
            boolean stranger = Texts.areDigits(parts[0]) && !Accounts.exists(parts[0]);
            if (stranger && parts.length < 2) {
                throw new Misread("nobody here has that number, so it needs a group: USER:GROUP");
            }
            program.who("user", setting.withValue(parts[0]));
            if (parts.length == 2 && !parts[1].isBlank()) {
                program.who("group", setting.withValue(parts[1]));
            }
            if (!Texts.areDigits(parts[0])) {
                program.say("user", setting, "who has that name here");
            }
        } catch (Misread e) {
            program.blocks(setting, e.reason());
        }
    }

    /// Directories of this machine that stand for some of the container.
    private void volumes() {
        Node node = service.look("volumes");
        if (!(node instanceof Items items)) {
            return;
        }
        for (Node item : items.values()) {
            if (item instanceof Mapping map) {
                ForeignMap volume = ForeignMap.of(map, "volumes.");
                Setting from = volume.text("source");
                Setting to = volume.text("target");
                mount(from == null ? "" : from.value(), to == null ? "" : to.value());
            } else {
                String[] parts = ForeignMap.shown(item).split(":", -1);
                mount(parts[0], parts.length > 1 ? parts[1] : "");
            }
        }
    }

    private void mount(String from, String to) {
        boolean isPath = from.startsWith(".") || from.startsWith("/");
        if (isPath && to.startsWith("/")) {
            mounts.put(to.replaceFirst("/$", ""), here.resolve(from).normalize().toString());
        }
    }

    private void directory() {
        Setting setting = service.text("working_dir");
        if (setting == null) {
            return;
        }
        try {
            String inside = texts.settled(setting.value());
            String outside = inside;
            for (Map.Entry<String, String> mount : mounts.entrySet()) {
                if (inside.equals(mount.getKey()) || inside.startsWith(mount.getKey() + "/")) {
                    outside = mount.getValue() + inside.substring(mount.getKey().length());
                }
            }
            program.text("directory", outside);
            if (outside.equals(inside)) {
                program.differs("directory", setting, "of this machine, not of the image");
            } else {
                program.say("directory", setting, "what volumes has there");
            }
        } catch (Misread e) {
            program.blocks(setting, e.reason());
        }
    }

    // ---- with whom it speaks

    /// Services reach each other by their names, which nobody knows here. A name of its own is the
    /// program or the account that it is about, or itself, which is this machine there too.
    private void names() {
        for (String name : programs.keySet()) {
            if (program.name().equals(programs.get(name))) {
                continue;
            }
            String quoted = Pattern.quote(name);
            Pattern host =
                    Pattern.compile(
                            "(?:^|//|@|[\\s=,\"\\[])" + quoted + "(?::[0-9]+|/|[,\\s\"\\]]|$)");
            if (program.names(value -> host.matcher(value).find())) {
                program.differs(
                        "env",
                        Texts.quoted(name)
                                + " names a service there; here it is this machine, 127.0.0.1");
            }
        }
    }

    private boolean ports() {
        boolean has = service.look("ports") != null;
        for (Setting setting : service.list("ports")) {
            program.lost(
                    "bind",
                    setting,
                    "the program binds the port of the container by itself; one that can take a"
                            + " socket gets it in bind, at the port that is published");
        }
        if (service.has("ports")) {
            program.lost("bind", service.setting("ports"), "expected a list");
            service.take("ports");
        }
        return has || service.look("expose") != null;
    }

    /// The setting of a key that has to be there.
    static Setting of(@Nullable Setting setting) {
        return Objects.requireNonNull(setting);
    }

    /// A signal by its name or number.
    static Signal signal(DraftProgram program, @Nullable Setting setting) {
        return program.signal(setting, Signal.TERM);
    }

    /// A time as compose writes it, as in `1m30s`; null if it is none.
    static @Nullable Duration time(String text) {
        if (!text.matches("([0-9]+([.][0-9]+)?(us|ms|s|m|h))+")) {
            return text.equals("0") ? Duration.ZERO : null;
        }
        double millis = 0;
        Matcher part = Pattern.compile("([0-9.]+)(us|ms|s|m|h)").matcher(text);
        while (part.find()) {
            double unit =
                    switch (part.group(2)) {
                        case "us" -> 0.001;
                        case "ms" -> 1;
                        case "s" -> 1_000;
                        case "m" -> 60_000;
                        default -> 3_600_000;
                    };
            millis += Double.parseDouble(part.group(1)) * unit;
        }
        return Duration.ofMillis(Math.round(Math.min(millis, 1e13)));
    }
}
