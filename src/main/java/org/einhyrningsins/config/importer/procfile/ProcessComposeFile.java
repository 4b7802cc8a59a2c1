// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ComposeVariables;
import org.einhyrningsins.config.importer.ForeignFiles;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.ImportComments;
import org.einhyrningsins.spec.TextTemplate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Imports a process-compose.yaml: each process becomes a program. Source:
/// f1bonacc1.github.io/process-compose.
public final class ProcessComposeFile {
    private final Map<String, String> environment;

    public ProcessComposeFile(Map<String, String> environment) {
        this.environment = environment;
    }

    public ImportedServices read(SourceText sourceText) throws ImportException {
        ForeignMap root = ForeignMap.read(sourceText);
        ForeignMap processes = root.map("processes");
        if (processes.keys().isEmpty()) {
            throw new ImportException(sourceText.file(), 0, "has no map of processes");
        }
        ImportedServices draft = new ImportedServices("process-compose", sourceText.file());
        Path here = ForeignFiles.folder(sourceText.file());
        draft.defaults().text("directory", here.toString());
        boolean expands = expands(root, draft);
        ComposeVariables texts = new ComposeVariables(environment, beside(here, draft));
        ProcessComposeTexts shell =
                new ProcessComposeTexts(draft.defaults(), expands ? texts : null);
        shell.environment(root.take("environment"), root.place());
        ForeignMap custom = root.map("shell");
        ForeignSetting program = custom.text("shell_command");
        ForeignSetting argument = custom.text("shell_argument");
        List<String> by =
                List.of(
                        program == null ? "/bin/bash" : program.value(),
                        argument == null ? "-c" : argument.value());
        if (argument != null) {
            draft.remark(ImportComments.Kind.SAME, argument, "see command");
        }
        ForeignSetting log = root.text("log_location");
        if (log != null) {
            draft.defaults().log().file(here.resolve(log.value()).normalize().toString());
        }
        Map<String, String> names = new LinkedHashMap<>();
        SequencedMap<String, ImportedProgram> programs = new LinkedHashMap<>();
        for (String name : processes.keys()) {
            ImportedProgram made = draft.program(name);
            names.put(name, made.name());
            programs.put(name, made);
        }
        Set<String> awaited = new TreeSet<>();
        programs.forEach(
                (name, made) -> {
                    ForeignMap process = process(processes, name);
                    new ProcessComposeProcess(
                                    process,
                                    made,
                                    new ProcessComposeTexts(made, expands ? texts : null),
                                    names,
                                    awaited)
                            .write(by, here);
                });
        for (String name : awaited) {
            ImportedProgram made = programs.get(name);
            if (made != null) {
                made.awaited();
            }
        }
        reportRest(root, custom, draft);
        return draft;
    }

    private static ForeignMap process(ForeignMap processes, String name) {
        return processes.take(name) instanceof Mapping map
                ? ForeignMap.of(map, "")
                : ForeignMap.of(new Mapping(processes.place(), new LinkedHashMap<>()), "");
    }

    private static boolean expands(ForeignMap root, ImportedServices draft) {
        ForeignSetting off = root.text("disable_env_expansion");
        if (off != null) {
            draft.remark(ImportComments.Kind.SAYS, off, "as here");
        }
        return off == null || !off.isTrue();
    }

    private static void reportRest(ForeignMap root, ForeignMap shell, ImportedServices draft) {
        shell.takeRest().forEach(s -> draft.remark(ImportComments.Kind.SAME, s, "see command"));
        for (ForeignSetting foreignSetting : root.takeRest()) {
            boolean moot =
                    foreignSetting
                            .key()
                            .matches(
                                    "version|name|log_level|log_length|is_strict|x-.*|"
                                        + "is_tui_disabled|log_configuration|ordered_shutdown|theme|project");
            draft.remark(
                    moot ? ImportComments.Kind.SAME : ImportComments.Kind.LOST,
                    foreignSetting,
                    moot ? "it concerns process-compose alone" : "nothing here is like it");
        }
    }

    /// The variables of the `.env` beside the file, which its processes have, too.
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
        if (problemCollector.none()) {
            draft.defaults().set("env-file", YamlText.words(List.of(file.toString())));
        } else {
            ConfigProblem configProblem = problemCollector.problems().getFirst();
            draft.remark(
                    ImportComments.Kind.LOST,
                    file + ":" + configProblem.line(),
                    configProblem.message());
        }
        return variables;
    }
}
