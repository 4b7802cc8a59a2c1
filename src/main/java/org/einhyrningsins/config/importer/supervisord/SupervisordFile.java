// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignFiles;
import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.importer.IniText;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/// Imports a supervisord.conf, as supervisord 4 reads it. Source:
/// supervisord.org/configuration.html and its options.py.
public final class SupervisordFile {
    /// The priority of a program that names none.
    private static final int USUAL_PRIORITY = 999;

    private final Map<String, String> environment;

    public SupervisordFile(Map<String, String> environment) {
        this.environment = environment;
    }

    public ImportedServices read(SourceText sourceText) throws ImportException {
        IniText ini = IniText.ofSupervisord();
        ini.read(sourceText);
        ImportedServices draft = new ImportedServices("supervisord", sourceText.file());
        draft.comment(
                "A program without directory runs in that of this file, in supervisord where that"
                        + " was started.");
        draft.comment(
                "A program without stdout_logfile writes to the manager's output, and to a file of"
                        + " supervisord's own there.");
        Path here = ForeignFiles.folder(sourceText.file());
        include(ini, here, draft);
        SequencedMap<String, ForeignSection> groups = groups(ini.sections(), draft);
        List<ForeignSection> programs = new ArrayList<>();
        for (ForeignSection foreignSection : ini.sections().values()) {
            if (foreignSection.name().matches("(program|fcgi-program):.*")) {
                programs.add(foreignSection);
            } else {
                other(foreignSection, here, draft);
            }
        }
        programs.sort(Comparator.comparingInt(SupervisordFile::priority));
        Map<String, List<String>> written = new HashMap<>();
        for (ForeignSection foreignSection : programs) {
            Set<String> before = draft.names();
            new SupervisordProgram(
                            foreignSection,
                            groups.get(foreignSection.title()),
                            names(here),
                            environment)
                    .write(draft);
            List<String> names = new ArrayList<>(draft.names());
            names.removeAll(before);
            Collections.sort(names);
            written.put(foreignSection.title(), names);
        }
        writeGroups(groups, written, draft);
        return draft;
    }

    private static Map<String, String> names(Path here) {
        Map<String, String> names = new HashMap<>();
        names.put("here", here.toString());
        try {
            names.put(
                    "host_node_name",
                    Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
        } catch (IOException _) {
            // then nothing can be said for it, and the setting is commented on
        }
        return names;
    }

    private static int priority(ForeignSection program) {
        ForeignSetting priority = program.look("priority");
        Integer number = priority == null ? null : priority.number();
        return number == null ? USUAL_PRIORITY : number;
    }

    /// The groups, by the names of their programs.
    private static SequencedMap<String, ForeignSection> groups(
            SequencedMap<String, ForeignSection> sections, ImportedServices draft) {
        SequencedMap<String, ForeignSection> groups = new LinkedHashMap<>();
        for (ForeignSection group : sections.values()) {
            if (!group.name().startsWith("group:")) {
                continue;
            }
            ForeignSetting programs = group.take("programs");
            if (programs == null) {
                continue;
            }
            for (String program : split(programs.value())) {
                groups.put(program, group);
                if (!sections.containsKey("program:" + program)
                        && !sections.containsKey("fcgi-program:" + program)) {
                    draft.lost(group, programs, "there is no program " + program);
                }
            }
        }
        return groups;
    }

    private static String[] split(String list) {
        return list.strip().split("[\\s,]+");
    }

    private void include(IniText ini, Path here, ImportedServices draft) throws ImportException {
        ForeignSection foreignSection = ini.sections().get("include");
        ForeignSetting files = foreignSection == null ? null : foreignSection.take("files");
        if (foreignSection == null || files == null) {
            return;
        }
        for (String text : split(files.value())) {
            String pattern = text;
            try {
                pattern =
                        new SupervisordVariables(names(here), 0, environment, Map.of())
                                .expanded(text);
            } catch (ValueException e) {
                draft.lost(foreignSection, files, e.reason());
            }
            List<Path> found = matching(here, pattern);
            if (found.isEmpty()) {
                draft.lost(foreignSection, files, "no file matches " + TextUtil.quoted(pattern));
            }
            for (Path file : found) {
                ini.read(ForeignFiles.source(file));
                draft.comment("Read too: " + file);
            }
        }
    }

    /// The files of a pattern, in the order of their names; directories may have wildcards too.
    public static List<Path> matching(Path base, String pattern) {
        List<Path> found = List.of(pattern.startsWith("/") ? Path.of("/") : base);
        for (String part : pattern.split("/", -1)) {
            List<Path> next = new ArrayList<>();
            for (Path directory : found) {
                next.addAll(part.isEmpty() ? List.of(directory) : matchingName(directory, part));
            }
            found = next;
        }
        return found.stream().filter(Files::isRegularFile).toList();
    }

    public static List<Path> matchingName(Path directory, String name) {
        List<Path> found = new ArrayList<>();
        if (name.equals(".") || name.equals("..")) {
            return List.of(directory.resolve(name).normalize());
        }
        String glob = name.replace("{", "\\{").replace("}", "\\}");
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
            for (Path entry : entries) {
                if (!entry.getFileName().toString().startsWith(".") || name.startsWith(".")) {
                    found.add(entry);
                }
            }
        } catch (IOException | PatternSyntaxException _) {
            return List.of();
        }
        Collections.sort(found);
        return found;
    }

    /// A section that is no program.
    private void other(ForeignSection foreignSection, Path here, ImportedServices draft) {
        String kind = foreignSection.name().replaceFirst(":.*", "");
        switch (kind) {
            case "supervisord" -> daemon(foreignSection, here, draft);
            case "group" -> groupRest(foreignSection, draft);
            case "include" -> reportRest(foreignSection, "nothing here is like it", draft);
            case "unix_http_server" ->
                    draft.sameWhole(
                            foreignSection,
                            "einhyrningsinsctl has a socket of its own; see control.socket,"
                                    + " control.mode and the option -d");
            case "inet_http_server" ->
                    draft.lostWhole(foreignSection, "the manager is not controlled over TCP");
            case "supervisorctl" ->
                    draft.sameWhole(foreignSection, "einhyrningsinsctl needs no configuration");
            case "rpcinterface" -> {
                if (foreignSection.name().equals("rpcinterface:supervisor")) {
                    draft.sameWhole(foreignSection, "einhyrningsinsctl needs no such thing");
                } else {
                    draft.lostWhole(foreignSection, "there are no plugins");
                }
            }
            case "eventlistener" ->
                    draft.lostWhole(
                            foreignSection,
                            "there are no event listeners; see einhyrningsinsctl events");
            default ->
                    draft.lostWhole(foreignSection, "no section of supervisord that is known here");
        }
    }

    private static void groupRest(ForeignSection group, ImportedServices draft) {
        for (ForeignSetting foreignSetting : group.takeRest()) {
            draft.lost(group, foreignSetting, "programs are started in the order of this file");
        }
    }

    /// Writes each group as a name for its programs.
    ///
    /// @param sections the groups, by program
    /// @param written names that a program has here, by its own
    private static void writeGroups(
            SequencedMap<String, ForeignSection> sections,
            Map<String, List<String>> written,
            ImportedServices draft) {
        SequencedMap<String, List<String>> groups = new LinkedHashMap<>();
        sections.forEach(
                (program, section) ->
                        groups.computeIfAbsent(section.title(), _ -> new ArrayList<>())
                                .addAll(written.getOrDefault(program, List.of())));
        groups.forEach(
                (group, members) -> {
                    if (!members.isEmpty() && !members.equals(List.of(group))) {
                        draft.group(group, members);
                    }
                });
    }

    private void daemon(ForeignSection daemon, Path here, ImportedServices draft) {
        ForeignSetting level = daemon.take("loglevel");
        if (level != null) {
            logLevel(daemon, level, draft);
        }
        ForeignSetting stays = daemon.look("nodaemon");
        if (stays != null && stays.isTrue()) {
            for (String key : List.of("umask", "directory")) {
                ForeignSetting moot = daemon.take(key);
                if (moot != null) {
                    draft.same(daemon, moot, "it counts for one that daemonizes");
                }
            }
        }
        draft.defaults().umask(daemon.take("umask"));
        SupervisordVariables texts =
                new SupervisordVariables(names(here), 0, environment, Map.of());
        ForeignSetting directory = daemon.take("directory");
        if (directory != null) {
            try {
                String settled = texts.expanded(directory.value());
                draft.defaults().text("directory", directory.withValue(settled));
            } catch (ValueException e) {
                draft.defaults().blocks(directory, e.reason());
            }
        }
        SupervisordEnvironment.write(daemon.take("environment"), texts, draft.defaults());
        user(daemon, draft);
        for (ForeignSetting foreignSetting : daemon.takeRest()) {
            String known = concernsManager(foreignSetting.key());
            if (known.isEmpty()) {
                draft.lost(daemon, foreignSetting, whyNot(foreignSetting.key()));
            } else {
                draft.same(daemon, foreignSetting, known);
            }
        }
    }

    /// Supervisord becomes that user, and so its programs are.
    private static void user(ForeignSection daemon, ImportedServices draft) {
        ForeignSetting user = daemon.take("user");
        if (user != null && user.value().equals("root")) {
            draft.same(daemon, user, "programs run as the manager's user");
        } else if (user != null) {
            draft.defaults().setAccount("user", user);
        }
    }

    private static void logLevel(
            ForeignSection daemon, ForeignSetting foreignSetting, ImportedServices draft) {
        LogSpec.@Nullable Level level =
                switch (foreignSetting.value()) {
                    case "critical", "crit", "error", "erro" -> LogSpec.Level.ERROR;
                    case "warn" -> LogSpec.Level.WARN;
                    case "info" -> LogSpec.Level.INFO;
                    case "debug", "debg", "trace", "trac", "blather", "blat" -> LogSpec.Level.DEBUG;
                    default -> null;
                };
        if (level == null) {
            draft.lost(daemon, foreignSetting, "not a level of the log");
        } else {
            draft.top("log: { level: " + ConfigShape.word(level) + " }");
        }
    }

    private static String concernsManager(String key) {
        return switch (key) {
            case "logfile", "logfile_maxbytes", "logfile_backups", "strip_ansi", "silent" ->
                    "the manager logs to standard error; what starts it keeps that";
            case "nodaemon" -> "the manager always stays in the foreground";
            case "pidfile" -> "give it on the command line: -e FILE";
            case "childlogdir" -> "there are no log files but those that logs names";
            case "nocleanup" -> "there are no log files that would be removed";
            case "stdout_logfile",
                    "stdout_logfile_maxbytes",
                    "stdout_logfile_backups",
                    "stderr_logfile",
                    "stderr_logfile_maxbytes",
                    "stderr_logfile_backups",
                    "redirect_stderr",
                    "autostart",
                    "autorestart" ->
                    "supervisord reads it in a program's section alone";
            case "identifier" -> "a manager is known by its control socket";
            default -> "";
        };
    }

    private static String whyNot(String key) {
        return switch (key) {
            case "minfds", "minprocs" -> "the limits of workers are in limits";
            default -> "nothing here is like it";
        };
    }

    private static void reportRest(
            ForeignSection foreignSection, String why, ImportedServices draft) {
        for (ForeignSetting foreignSetting : foreignSection.takeRest()) {
            draft.lost(foreignSection, foreignSetting, why);
        }
    }
}
