// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.check.ExecutableLookup;
import org.einhyrningsins.config.importer.ForeignFiles;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.importer.ShellLine;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.ImportComments;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.TextTemplate;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Imports a Procfile, as foreman runs it: from its own directory, with the variables of the `.env`
/// beside it, and with a PORT for each process: the base and a hundred more for each line. Source:
/// ddollar.github.io/foreman.
public final class ProcfileReader {
    private static final Pattern ENTRY = Pattern.compile("([A-Za-z0-9_-]+):\\s*(.+)");
    private static final Pattern VARIABLE =
            Pattern.compile("\\s*(export\\s+)?([A-Za-z_0-9]+)=(.*)");
    private static final int BASE_PORT = 5000;
    private static final int PORTS_APART = 100;

    private final Map<String, String> environment;

    public ProcfileReader(Map<String, String> environment) {
        this.environment = environment;
    }

    /// A line of the file.
    private record Entry(String name, String command, ForeignSetting setting) {}

    public ImportedServices read(SourceText sourceText) throws ImportException {
        ImportedServices draft = new ImportedServices("a Procfile", sourceText.file());
        draft.comment(
                "foreman ends all when one ends; here each program is kept running by itself.");
        SequencedMap<String, Entry> entries = entries(sourceText, draft);
        if (entries.isEmpty()) {
            throw new ImportException(
                    sourceText.file(), 0, "holds no line of the form NAME: COMMAND");
        }
        Path directory = ForeignFiles.folder(sourceText.file());
        draft.defaults().text("directory", directory.toString());
        Integer port = variables(directory.resolve(".env"), draft);
        if (Files.exists(directory.resolve(".foreman"))) {
            draft.remark(
                    ImportComments.Kind.LOST,
                    directory.resolve(".foreman"),
                    "options of foreman; see workers for its formation");
        }
        int base = port == null ? BASE_PORT : port;
        int number = 0;
        for (Entry entry : entries.values()) {
            write(entry, base + number * PORTS_APART, draft);
            number++;
        }
        return draft;
    }

    /// Describes why a file with another name is no Procfile: `KEY: value` is a line of many kinds
    /// of files.
    ///
    /// @param environment with the PATH that commands are looked for in
    /// @return empty if nothing does
    public static String whyNotProcfile(SourceText sourceText, Map<String, String> environment) {
        ExecutableLookup executableLookup = new ExecutableLookup(environment);
        Path directory = ForeignFiles.folder(sourceText.file());
        int number = 0;
        for (String line : sourceText.text().lines().toList()) {
            number++;
            Matcher entry = ENTRY.matcher(line);
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            } else if (!entry.matches()) {
                return "line " + number + " is not NAME: COMMAND";
            }
            String program = program(entry.group(2));
            String objection =
                    executableLookup.objection(
                            TextTemplate.of(program), directory, Map.of(), List.of());
            if (objection != null) {
                return "in line " + number + " " + objection.replaceFirst(" yet(: .*)?$", "");
            }
        }
        return "";
    }

    /// The first word of a command that is none of its variables.
    private static String program(String command) {
        for (String word : command.strip().split("\\s+", -1)) {
            if (!word.matches("[A-Za-z_][A-Za-z0-9_]*=.*|exec|env")) {
                return word;
            }
        }
        return command;
    }

    /// Foreman ignores a line that is no entry, and so does nobody here.
    private static SequencedMap<String, Entry> entries(
            SourceText sourceText, ImportedServices draft) {
        SequencedMap<String, Entry> entries = new LinkedHashMap<>();
        int number = 0;
        for (String line : sourceText.text().lines().toList()) {
            number++;
            SourcePosition sourcePosition = new SourcePosition(sourceText, number, 1, "");
            Matcher entry = ENTRY.matcher(line);
            if (entry.matches()) {
                ForeignSetting foreignSetting =
                        new ForeignSetting(entry.group(1), entry.group(2).strip(), sourcePosition);
                Entry read =
                        new Entry(foreignSetting.key(), foreignSetting.value(), foreignSetting);
                Entry first = entries.putIfAbsent(foreignSetting.key(), read);
                if (first != null) {
                    entries.put(foreignSetting.key() + "-line-" + number, read);
                }
            } else if (!line.isBlank() && !line.startsWith("#")) {
                draft.remark(
                        ImportComments.Kind.LOST,
                        sourcePosition + ": " + line,
                        "not NAME: COMMAND");
            }
        }
        return entries;
    }

    /// Hands over the variables of `.env`: the file itself if our language reads it as foreman
    /// does, since it may hold secrets.
    ///
    /// @return the base of the ports; null if the file has none
    private @Nullable Integer variables(Path file, ImportedServices draft) throws ImportException {
        Integer port = port(environment.get("PORT"));
        if (!Files.exists(file)) {
            return port;
        }
        SourceText sourceText = ForeignFiles.source(file);
        SequencedMap<String, ForeignSetting> variables = new LinkedHashMap<>();
        List<String> strange = new ArrayList<>();
        int number = 0;
        for (String line : sourceText.text().lines().toList()) {
            number++;
            Matcher variable = VARIABLE.matcher(line);
            SourcePosition sourcePosition = new SourcePosition(sourceText, number, 1, "");
            if (variable.matches()) {
                String name = variable.group(2);
                String value = unquoted(variable.group(3));
                if (variable.group(1) != null) {
                    draft.comment(
                            sourcePosition
                                    + ": "
                                    + name
                                    + " has an export, which foreman does not take");
                }
                variables.putLast(name, new ForeignSetting(name, value, sourcePosition));
            } else if (!line.isBlank() && !line.stripLeading().startsWith("#")) {
                strange.add(sourcePosition.toString());
            }
        }
        ForeignSetting own = variables.remove("PORT");
        if (own != null) {
            draft.comment(own + ": the base of the ports, see PORT of each program");
        }
        if (isReadAlike(sourceText, variables, own) && strange.isEmpty()) {
            draft.defaults().set("env-file", YamlText.words(List.of(file.toString())));
        } else {
            draft.defaults()
                    .comment("env", file + " is not read by foreman as an env-file is here");
            variables.forEach(
                    (name, foreignSetting) ->
                            draft.defaults()
                                    .env(
                                            name,
                                            TemplateTextBuilder.escaped(foreignSetting.value()),
                                            foreignSetting));
            strange.forEach(
                    place -> draft.remark(ImportComments.Kind.LOST, place, "it is not NAME=VALUE"));
        }
        return own == null ? port : port(own.value());
    }

    private static @Nullable Integer port(@Nullable String text) {
        boolean port = text != null && text.matches("[0-9]{1,5}") && Integer.parseInt(text) < 65536;
        return port ? Integer.valueOf(text) : null;
    }

    private static String unquoted(String value) {
        boolean single = value.length() > 1 && value.startsWith("'") && value.endsWith("'");
        boolean twice = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        String inner = single || twice ? value.substring(1, value.length() - 1) : value;
        return twice ? inner.replace("\\n", "\n").replaceAll("\\\\(.)", "$1") : inner;
    }

    private static boolean isReadAlike(
            SourceText sourceText,
            Map<String, ForeignSetting> variables,
            @Nullable ForeignSetting port) {
        ProblemCollector problemCollector = new ProblemCollector();
        Map<String, TextTemplate> read = new LinkedHashMap<>();
        EnvFile.read(sourceText, read, problemCollector);
        boolean same =
                problemCollector.none() && read.size() == variables.size() + (port == null ? 0 : 1);
        for (ForeignSetting foreignSetting : variables.values()) {
            same &= TextTemplate.of(foreignSetting.value()).equals(read.get(foreignSetting.key()));
        }
        return same;
    }

    private static void write(Entry entry, int port, ImportedServices draft) {
        ImportedProgram program = draft.program(entry.name());
        command(entry, program);
        port(program, port);
        program.stop(Signal.TERM, Duration.ofSeconds(5));
        if (entry.name().equals("release")) {
            program.set("restart", "never");
            program.comment("restart", "with Heroku a release runs once, before all others");
        }
    }

    private static void command(Entry entry, ImportedProgram program) {
        String command = entry.command();
        try {
            program.command(ShellLine.of(command, List.of("/bin/sh", "-c"), null));
        } catch (ValueException e) {
            program.noCommand(entry.setting(), e.reason());
        }
        if (ShellLine.isCompound(command)) {
            program.comment("command", entry.setting(), ShellLine.BETWEEN);
        }
    }

    /// A port that each worker binds by itself cannot be had by an old and a new one at once.
    private static void port(ImportedProgram program, int port) {
        String text = Integer.toString(Math.min(port, 65535));
        boolean tens = text.endsWith("0");
        program.env("PORT", tens ? text.substring(0, text.length() - 1) + "${slot}" : text);
        program.comment(
                "env",
                tens
                        ? "each worker has a port of its own, up to ten workers"
                        : "one port, so one worker; let the manager hold the socket for more, see"
                                + " bind");
        program.set("rollout", "{ strategy: replace }");
        program.comment(
                "rollout",
                "it binds PORT itself, so the old worker goes first; with bind no request is lost");
    }
}
