// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ComposeVariables;
import org.einhyrningsins.config.importer.ForeignFiles;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.ImportComments;
import org.einhyrningsins.spec.TextTemplate;
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

    public ImportedServices read(SourceText sourceText) throws ImportException {
        ForeignMap root = ForeignMap.read(sourceText);
        if (!(root.look("services") instanceof Mapping)) {
            throw new ImportException(sourceText.file(), 0, "has no map of services");
        }
        ImportedServices draft = new ImportedServices("a compose file", sourceText.file());
        draft.remark(
                ImportComments.Kind.DIFFERS,
                null,
                "programs run on this machine itself, with its files, its network and its users;"
                        + " images are not fetched or built, networks and volumes not made");
        Path here = ForeignFiles.folder(sourceText.file());
        draft.defaults().text("directory", here.toString());
        override(sourceText.file(), here, draft);
        ComposeVariables texts = new ComposeVariables(environment, beside(here, draft));
        ForeignMap services = root.map("services");
        Map<String, String> programs = new LinkedHashMap<>();
        SequencedMap<String, ImportedProgram> drafts = new LinkedHashMap<>();
        for (String name : services.keys()) {
            ImportedProgram program = draft.program(name);
            programs.put(name, program.name());
            drafts.put(name, program);
        }
        Map<String, ForeignMap> resolved = new LinkedHashMap<>();
        for (String name : services.keys()) {
            resolved.put(name, resolved(name, services, drafts));
        }
        Set<String> awaited = awaited(resolved, "service_healthy");
        for (String name : awaited(resolved, "service_completed_successfully")) {
            ImportedProgram program = drafts.get(name);
            if (program != null) {
                program.awaited();
            }
        }
        resolved.forEach(
                (name, service) -> {
                    ImportedProgram program = drafts.get(name);
                    if (program != null) {
                        new ComposeService(service, program, texts, here, programs)
                                .write(awaited.contains(name));
                    }
                });
        reportRest(root, draft);
        return draft;
    }

    /// A service with what it extends in the same file.
    private static ForeignMap resolved(
            String name, ForeignMap services, Map<String, ImportedProgram> drafts) {
        ConfigNode configNode = services.look(name);
        ForeignMap service =
                configNode instanceof Mapping map
                        ? ForeignMap.of(map, "")
                        : ForeignMap.of(new Mapping(services.place(), new LinkedHashMap<>()), "");
        ImportedProgram program = drafts.get(name);
        for (int i = 0; i < MAX_EXTENDS && service.has("extends") && program != null; i++) {
            ForeignSetting whole = service.setting("extends");
            ForeignSetting single = service.text("extends");
            ForeignMap extended = service.map("extends");
            ForeignSetting file = extended.text("file");
            ForeignSetting other = single == null ? extended.text("service") : single;
            service.take("extends");
            ConfigNode base = other == null || file != null ? null : services.look(other.value());
            if (base instanceof Mapping map) {
                service = service.over(map);
                program.comment(whole + ": with what that has");
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
    private static void override(Path file, Path here, ImportedServices draft) {
        String name = String.valueOf(file.getFileName());
        for (String kind : List.of("yml", "yaml")) {
            Path other = here.resolve(name.replaceFirst("[.]ya?ml$", ".override." + kind));
            if (name.matches("(docker-)?compose[.]ya?ml") && Files.exists(other)) {
                draft.remark(
                        ImportComments.Kind.LOST,
                        other,
                        "'docker compose' reads that, too; import what 'docker compose config'"
                                + " shows");
            }
        }
    }

    /// The variables of the `.env` beside the file.
    private static Map<String, String> beside(Path here, ImportedServices draft)
            throws ImportException {
        Path file = here.resolve(".env");
        Map<String, String> variables = new HashMap<>();
        if (!Files.exists(file)) {
            return variables;
        }
        ProblemCollector problemCollector = new ProblemCollector();
        SequencedMap<String, TextTemplate> read = new LinkedHashMap<>();
        EnvFile.read(ForeignFiles.source(file), read, problemCollector);
        read.forEach((name, value) -> variables.put(name, value.expand(0, Map.of())));
        draft.comment("Read too: " + file + "; what it fills in is written down here");
        for (ConfigProblem configProblem : problemCollector.problems()) {
            draft.remark(
                    ImportComments.Kind.LOST,
                    file + ":" + configProblem.line(),
                    configProblem.message());
        }
        return variables;
    }

    private static void reportRest(ForeignMap root, ImportedServices draft) {
        for (ForeignSetting foreignSetting : root.takeRest()) {
            @Nullable String moot =
                    switch (foreignSetting.key()) {
                        case "version", "name" -> "it concerns compose alone";
                        case "networks", "volumes", "secrets", "configs" ->
                                "see what services say of them";
                        default ->
                                foreignSetting.key().startsWith("x-")
                                        ? "compose ignores it, too"
                                        : null;
                    };
            if (moot != null) {
                draft.remark(
                        ImportComments.Kind.SAME,
                        foreignSetting.place() + ": " + foreignSetting.key(),
                        moot);
            } else if (foreignSetting.key().equals("include")) {
                draft.remark(
                        ImportComments.Kind.LOST,
                        foreignSetting,
                        "import what 'docker compose config' shows");
            } else {
                draft.remark(ImportComments.Kind.LOST, foreignSetting, "nothing here is like it");
            }
        }
    }
}
