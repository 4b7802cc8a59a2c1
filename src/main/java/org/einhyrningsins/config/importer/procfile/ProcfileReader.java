// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.DraftFile;
import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.ImportedFile;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.importer.ShellLine;
import org.einhyrningsins.config.importer.Unimportable;
import org.einhyrningsins.config.source.DraftText;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.Executables;
import org.einhyrningsins.config.value.Remarks;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.Template;
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
    private record Entry(String name, String command, Setting setting) {}

    public DraftFile read(Source source) throws Unimportable {
        DraftFile draft = new DraftFile("a Procfile", source.file());
        draft.say("foreman ends all when one ends; here each program is kept running by itself.");
        SequencedMap<String, Entry> entries = entries(source, draft);
        if (entries.isEmpty()) {
            throw new Unimportable(source.file(), 0, "holds no line of the form NAME: COMMAND");
        }
        Path directory = ImportedFile.folder(source.file());
        draft.defaults().text("directory", directory.toString());
        Integer port = variables(directory.resolve(".env"), draft);
        if (Files.exists(directory.resolve(".foreman"))) {
            draft.remark(
                    Remarks.Kind.LOST,
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

    /// What speaks against a file being a Procfile that is not called one: `KEY: value` is a line
    /// of many kinds of files.
    ///
    /// @param environment with the PATH that commands are looked for in
    /// @return empty if nothing does
    public static String stray(Source source, Map<String, String> environment) {
        Executables executables = new Executables(environment);
        Path directory = ImportedFile.folder(source.file());
        int number = 0;
        for (String line : source.text().lines().toList()) {
            number++;
            Matcher entry = ENTRY.matcher(line);
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            } else if (!entry.matches()) {
                return "line " + number + " is not NAME: COMMAND";
            }
            String program = program(entry.group(2));
            String objection =
                    executables.objection(Template.of(program), directory, Map.of(), List.of());
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
    private static SequencedMap<String, Entry> entries(Source source, DraftFile draft) {
        SequencedMap<String, Entry> entries = new LinkedHashMap<>();
        int number = 0;
        for (String line : source.text().lines().toList()) {
            number++;
            Place place = new Place(source, number, 1, "");
            Matcher entry = ENTRY.matcher(line);
            if (entry.matches()) {
                Setting setting = new Setting(entry.group(1), entry.group(2).strip(), place);
                Entry read = new Entry(setting.key(), setting.value(), setting);
                Entry first = entries.putIfAbsent(setting.key(), read);
                if (first != null) {
                    entries.put(setting.key() + "-line-" + number, read);
                }
            } else if (!line.isBlank() && !line.startsWith("#")) {
                draft.remark(Remarks.Kind.LOST, place + ": " + line, "not NAME: COMMAND");
            }
        }
        return entries;
    }

    /// Hands over the variables of `.env`: the file itself if our language reads it as foreman
    /// does, since it may hold secrets.
    ///
    /// @return the base of the ports; null if the file has none
    private @Nullable Integer variables(Path file, DraftFile draft) throws Unimportable {
        Integer port = port(environment.get("PORT"));
        if (!Files.exists(file)) {
            return port;
        }
        Source source = ImportedFile.source(file);
        SequencedMap<String, Setting> variables = new LinkedHashMap<>();
        List<String> strange = new ArrayList<>();
        int number = 0;
        for (String line : source.text().lines().toList()) {
            number++;
            Matcher variable = VARIABLE.matcher(line);
            Place place = new Place(source, number, 1, "");
            if (variable.matches()) {
                String name = variable.group(2);
                String value = unquoted(variable.group(3));
                if (variable.group(1) != null) {
                    draft.say(place + ": " + name + " has an export, which foreman does not take");
                }
                variables.putLast(name, new Setting(name, value, place));
            } else if (!line.isBlank() && !line.stripLeading().startsWith("#")) {
                strange.add(place.toString());
            }
        }
        Setting own = variables.remove("PORT");
        if (own != null) {
            draft.say(own + ": the base of the ports, see PORT of each program");
        }
        if (isReadAlike(source, variables, own) && strange.isEmpty()) {
            draft.defaults().set("env-file", DraftProgram.list(List.of(file.toString())));
        } else {
            draft.defaults().say("env", file + " is not read by foreman as an env-file is here");
            variables.forEach(
                    (name, setting) ->
                            draft.defaults()
                                    .env(name, DraftText.escaped(setting.value()), setting));
            strange.forEach(
                    place -> draft.remark(Remarks.Kind.LOST, place, "it is not NAME=VALUE"));
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
            Source source, Map<String, Setting> variables, @Nullable Setting port) {
        Problems problems = new Problems();
        Map<String, Template> read = new LinkedHashMap<>();
        EnvFile.read(source, read, problems);
        boolean same = problems.none() && read.size() == variables.size() + (port == null ? 0 : 1);
        for (Setting setting : variables.values()) {
            same &= Template.of(setting.value()).equals(read.get(setting.key()));
        }
        return same;
    }

    private static void write(Entry entry, int port, DraftFile draft) {
        DraftProgram program = draft.program(entry.name());
        command(entry, program);
        port(program, port);
        program.stop(Signal.TERM, Duration.ofSeconds(5));
        if (entry.name().equals("release")) {
            program.set("restart", "never");
            program.say("restart", "with Heroku a release runs once, before all others");
        }
    }

    private static void command(Entry entry, DraftProgram program) {
        String command = entry.command();
        try {
            program.command(ShellLine.of(command, List.of("/bin/sh", "-c"), null));
        } catch (Misread e) {
            program.noCommand(entry.setting(), e.reason());
        }
        if (ShellLine.isCompound(command)) {
            program.say("command", entry.setting(), ShellLine.BETWEEN);
        }
    }

    /// A port that each worker binds by itself cannot be had by an old and a new one at once.
    private static void port(DraftProgram program, int port) {
        String text = Integer.toString(Math.min(port, 65535));
        boolean tens = text.endsWith("0");
        program.env("PORT", tens ? text.substring(0, text.length() - 1) + "${slot}" : text);
        program.say(
                "env",
                tens
                        ? "each worker has a port of its own, up to ten workers"
                        : "one port, so one worker; let the manager hold the socket for more, see"
                                + " bind");
        program.set("rollout", "{ strategy: replace }");
        program.say(
                "rollout",
                "it binds PORT itself, so the old worker goes first; with bind no request is lost");
    }
}
