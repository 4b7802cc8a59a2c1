// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ComposeVariables;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.UnsplitCommandLine;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.PasswdFile;
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
/// written by [ComposeLifecycle].
final class ComposeService {
    private static final String PRESENT = "what the command names has to be here";

    private final ForeignMap service;
    private final ImportedProgram program;
    private final ComposeVariables texts;
    private final Path here;
    private final Map<String, String> programs;
    private final SequencedMap<String, String> mounts = new LinkedHashMap<>();

    /// @param here the directory of the file
    /// @param programs the names of all programs by those of their services
    ComposeService(
            ForeignMap service,
            ImportedProgram program,
            ComposeVariables texts,
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
        new ComposeLifecycle(service, program, texts, programs).write(isAwaited, hasPorts);
        for (ForeignSetting foreignSetting : service.takeRest()) {
            ComposeReasons.report(program, foreignSetting);
        }
    }

    // ---- what it runs

    private void command() {
        boolean hasEntry = service.look("entrypoint") != null;
        boolean hasCommand = service.look("command") != null;
        ForeignSetting where = service.setting(hasEntry ? "entrypoint" : "command");
        boolean isImage = service.has("image");
        boolean isBuilt = service.has("build");
        ForeignSetting image = service.setting(isImage ? "image" : "build");
        if (isImage && isBuilt) {
            program.same(service.setting("build"), "nothing is built");
        }
        service.take("image");
        service.take("build");
        try {
            UnsplitCommandLine line = new UnsplitCommandLine();
            boolean noEntry = add("entrypoint", line);
            boolean isEmpty = add("command", line) && noEntry;
            List<String> words = isEmpty ? List.of() : line.command();
            if (isEmpty) {
                throw new ValueException("what it runs is said in the image; write it in command");
            } else if (!hasEntry && words.getFirst().startsWith("-")) {
                throw new ValueException(
                        "the image says of what these are options; write it in command");
            }
            program.command(words);
        } catch (ValueException e) {
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
    private boolean add(String key, UnsplitCommandLine line) throws ValueException {
        ConfigNode configNode = service.take(key);
        if (configNode instanceof Scalar scalar) {
            texts.add(scalar.text(), line, false);
            line.literal(" ");
            return scalar.text().isBlank();
        } else if (configNode instanceof Items items) {
            for (ConfigNode item : items.values()) {
                texts.add(ForeignMap.shown(item), line.literal("\""), true);
                line.literal("\" ");
            }
            return items.values().isEmpty();
        } else if (configNode != null) {
            throw new ValueException("a command is a text or a list");
        }
        return true;
    }

    // ---- with what

    /// Imports variables: a map, or a list of `NAME=value`; one without a value is the
    /// environment's.
    private void environment() {
        ConfigNode configNode = service.look("environment");
        if (configNode instanceof Mapping map) {
            map.entries()
                    .forEach(
                            (name, entry) -> {
                                boolean isNull = entry.value() instanceof Scalar s && s.isNull();
                                String text = isNull ? null : ForeignMap.shown(entry.value());
                                variable(
                                        name,
                                        text,
                                        new SourcePosition(
                                                entry.key().source(), entry.key().line(), 1, ""));
                            });
        } else if (configNode instanceof Items items) {
            for (ConfigNode item : items.values()) {
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

    private void variable(String name, @Nullable String text, SourcePosition sourcePosition) {
        ForeignSetting foreignSetting =
                new ForeignSetting("environment." + name, text == null ? "" : text, sourcePosition);
        String beside = texts.beside().get(name);
        try {
            if (text != null) {
                program.env(name, texts.withPlaces(text), foreignSetting);
            } else if (beside != null && !texts.environment().containsKey(name)) {
                program.env(name, TemplateTextBuilder.escaped(beside), foreignSetting);
            } else {
                program.same(foreignSetting, "workers inherit it");
            }
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
        }
    }

    private void files() {
        List<String> files = new ArrayList<>();
        ConfigNode configNode = service.take("env_file");
        List<ConfigNode> all =
                configNode instanceof Items items
                        ? items.values()
                        : configNode == null ? List.of() : List.of(configNode);
        for (ConfigNode item : all) {
            if (item instanceof Mapping map) {
                ForeignMap file = ForeignMap.of(map, "env_file.");
                ForeignSetting path = file.text("path");
                ForeignSetting required = file.text("required");
                file(
                        path == null ? new ForeignSetting("env_file", "", item.place()) : path,
                        required == null || !Boolean.FALSE.equals(required.flag()),
                        files);
                file.takeRest().forEach(more -> program.lost("env-file", more, "see env-file"));
            } else {
                file(
                        new ForeignSetting("env_file", ForeignMap.shown(item), item.place()),
                        true,
                        files);
            }
        }
        if (!files.isEmpty()) {
            program.set("env-file", YamlText.words(files));
        }
    }

    private void file(ForeignSetting foreignSetting, boolean required, List<String> files) {
        try {
            Path path = here.resolve(texts.expanded(foreignSetting.value())).normalize();
            if (!Files.exists(path)) {
                files.add("-" + path);
                if (required) {
                    program.blocks(foreignSetting, "there is no such file");
                }
                return;
            }
            ProblemCollector problemCollector = new ProblemCollector();
            SourceText sourceText = SourceText.read(path, null, problemCollector);
            if (sourceText != null) {
                EnvFile.read(sourceText, new LinkedHashMap<>(), problemCollector);
            }
            if (!problemCollector.none()) {
                program.blocks(
                        foreignSetting,
                        "an env-file cannot be so: "
                                + problemCollector.problems().getFirst().message());
                return;
            }
            files.add((required ? "" : "-") + path);
            if (sourceText != null && sourceText.text().matches("(?s).*=[^'\\n]*\\$.*")) {
                program.differs("env-file", foreignSetting, "a $NAME in it is not filled in");
            }
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
        }
    }

    // ---- as whom, and where

    private void user() {
        ForeignSetting foreignSetting = service.text("user");
        if (foreignSetting == null) {
            program.differs("user", "the image's user there, the manager's here; see user");
            return;
        }
        try {
            String[] parts = texts.expanded(foreignSetting.value()).split(":", 2);
            if (parts[0].isBlank()) {
                throw new ValueException("it names nobody");
            }
            boolean stranger = TextUtil.areDigits(parts[0]) && !PasswdFile.exists(parts[0]);
            if (stranger && parts.length < 2) {
                throw new ValueException(
                        "nobody here has that number, so it needs a group: USER:GROUP");
            }
            program.setAccount("user", foreignSetting.withValue(parts[0]));
            if (parts.length == 2 && !parts[1].isBlank()) {
                program.setAccount("group", foreignSetting.withValue(parts[1]));
            }
            if (!TextUtil.areDigits(parts[0])) {
                program.comment("user", foreignSetting, "who has that name here");
            }
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
        }
    }

    /// Directories of this machine that stand for some of the container.
    private void volumes() {
        ConfigNode configNode = service.look("volumes");
        if (!(configNode instanceof Items items)) {
            return;
        }
        for (ConfigNode item : items.values()) {
            if (item instanceof Mapping map) {
                ForeignMap volume = ForeignMap.of(map, "volumes.");
                ForeignSetting from = volume.text("source");
                ForeignSetting to = volume.text("target");
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
        ForeignSetting foreignSetting = service.text("working_dir");
        if (foreignSetting == null) {
            return;
        }
        try {
            String inside = texts.expanded(foreignSetting.value());
            String outside = inside;
            for (Map.Entry<String, String> mount : mounts.entrySet()) {
                if (inside.equals(mount.getKey()) || inside.startsWith(mount.getKey() + "/")) {
                    outside = mount.getValue() + inside.substring(mount.getKey().length());
                }
            }
            program.text("directory", outside);
            if (outside.equals(inside)) {
                program.differs("directory", foreignSetting, "of this machine, not of the image");
            } else {
                program.comment("directory", foreignSetting, "what volumes has there");
            }
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
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
                        TextUtil.quoted(name)
                                + " names a service there; here it is this machine, 127.0.0.1");
            }
        }
    }

    private boolean ports() {
        boolean has = service.look("ports") != null;
        for (ForeignSetting foreignSetting : service.list("ports")) {
            program.lost(
                    "bind",
                    foreignSetting,
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
    static ForeignSetting of(@Nullable ForeignSetting foreignSetting) {
        return Objects.requireNonNull(foreignSetting);
    }

    /// A signal by its name or number.
    static Signal signal(ImportedProgram program, @Nullable ForeignSetting foreignSetting) {
        return program.signal(foreignSetting, Signal.TERM);
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
