// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ComposeText;
import org.einhyrningsins.config.importer.DraftFile;
import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ImportedFile;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.importer.Unimportable;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.Remarks;
import org.einhyrningsins.spec.Template;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Imports a compose file: each service that names its command becomes a program of this machine.
/// Source: docs.docker.com, "Compose file reference".
public final class ComposeFile {
    private static final int MAX_EXTENDS = 20;

    private final Map<String, String> environment;

    public ComposeFile(Map<String, String> environment) {
        this.environment = environment;
    }

    public DraftFile read(Source source) throws Unimportable {
        ForeignMap root = ForeignMap.read(source);
        if (!(root.look("services") instanceof Mapping)) {
            throw new Unimportable(source.file(), 0, "has no map of services");
        }
        DraftFile draft = new DraftFile("a compose file", source.file());
        draft.remark(
                Remarks.Kind.DIFFERS,
                null,
                "programs run on this machine itself, with its files, its network and its users;"
                        + " images are not fetched or built, networks and volumes not made");
        Path here = ImportedFile.folder(source.file());
        draft.defaults().text("directory", here.toString());
        override(source.file(), here, draft);
        ComposeText texts = new ComposeText(environment, beside(here, draft));
        ForeignMap services = root.map("services");
        Map<String, String> programs = new LinkedHashMap<>();
        SequencedMap<String, DraftProgram> drafts = new LinkedHashMap<>();
        for (String name : services.keys()) {
            DraftProgram program = draft.program(name);
            programs.put(name, program.name());
            drafts.put(name, program);
        }
        Map<String, ForeignMap> resolved = new LinkedHashMap<>();
        for (String name : services.keys()) {
            resolved.put(name, resolved(name, services, drafts));
        }
        Set<String> awaited = awaited(resolved, "service_healthy");
        for (String name : awaited(resolved, "service_completed_successfully")) {
            DraftProgram program = drafts.get(name);
            if (program != null) {
                program.awaited();
            }
        }
        resolved.forEach(
                (name, service) -> {
                    DraftProgram program = drafts.get(name);
                    if (program != null) {
                        new ComposeService(service, program, texts, here, programs)
                                .write(awaited.contains(name));
                    }
                });
        rest(root, draft);
        return draft;
    }

    /// A service with what it extends in the same file.
    private static ForeignMap resolved(
            String name, ForeignMap services, Map<String, DraftProgram> drafts) {
        Node node = services.look(name);
        ForeignMap service =
                node instanceof Mapping map
                        ? ForeignMap.of(map, "")
                        : ForeignMap.of(new Mapping(services.place(), new LinkedHashMap<>()), "");
        DraftProgram program = drafts.get(name);
        for (int i = 0; i < MAX_EXTENDS && service.has("extends") && program != null; i++) {
            Setting whole = service.setting("extends");
            Setting single = service.text("extends");
            ForeignMap extended = service.map("extends");
            Setting file = extended.text("file");
            Setting other = single == null ? extended.text("service") : single;
            service.take("extends");
            Node base = other == null || file != null ? null : services.look(other.value());
            if (base instanceof Mapping map) {
                service = service.over(map);
                program.say(whole + ": with what that has");
            } else {
                program.blocks(
                        whole, "it is not in this file; import what 'docker compose config' shows");
            }
        }
        return service;
    }

    /// The services that others wait for under that condition.
    private static Set<String> awaited(Map<String, ForeignMap> services, String condition) {
        Set<String> awaited = new TreeSet<>();
        for (ForeignMap service : services.values()) {
            if (service.look("depends_on") instanceof Mapping map) {
                map.entries()
                        .forEach(
                                (name, entry) -> {
                                    if (ForeignMap.shown(entry.value()).contains(condition)) {
                                        awaited.add(name);
                                    }
                                });
            }
        }
        return awaited;
    }

    /// `docker compose` reads a second file by itself.
    private static void override(Path file, Path here, DraftFile draft) {
        String name = String.valueOf(file.getFileName());
        for (String kind : List.of("yml", "yaml")) {
            Path other = here.resolve(name.replaceFirst("[.]ya?ml$", ".override." + kind));
            if (name.matches("(docker-)?compose[.]ya?ml") && Files.exists(other)) {
                draft.remark(
                        Remarks.Kind.LOST,
                        other,
                        "'docker compose' reads that, too; import what 'docker compose config'"
                                + " shows");
            }
        }
    }

    /// The variables of the `.env` beside the file.
    private static Map<String, String> beside(Path here, DraftFile draft) throws Unimportable {
        Path file = here.resolve(".env");
        Map<String, String> variables = new HashMap<>();
        if (!Files.exists(file)) {
            return variables;
        }
        Problems problems = new Problems();
        SequencedMap<String, Template> read = new LinkedHashMap<>();
        EnvFile.read(ImportedFile.source(file), read, problems);
        read.forEach((name, value) -> variables.put(name, value.expand(0, Map.of())));
        draft.say("Read too: " + file + "; what it fills in is written down here");
        for (Problem problem : problems.problems()) {
            draft.remark(Remarks.Kind.LOST, file + ":" + problem.line(), problem.message());
        }
        return variables;
    }

    private static void rest(ForeignMap root, DraftFile draft) {
        for (Setting setting : root.takeRest()) {
            @Nullable String moot =
                    switch (setting.key()) {
                        case "version", "name" -> "it concerns compose alone";
                        case "networks", "volumes", "secrets", "configs" ->
                                "see what services say of them";
                        default ->
                                setting.key().startsWith("x-") ? "compose ignores it, too" : null;
                    };
            if (moot != null) {
                draft.remark(Remarks.Kind.SAME, setting.place() + ": " + setting.key(), moot);
            } else if (setting.key().equals("include")) {
                draft.remark(
                        Remarks.Kind.LOST, setting, "import what 'docker compose config' shows");
            } else {
                draft.remark(Remarks.Kind.LOST, setting, "nothing here is like it");
            }
        }
    }
}
