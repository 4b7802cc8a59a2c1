// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.DraftFile;
import org.einhyrningsins.config.importer.ImportedFile;
import org.einhyrningsins.config.importer.IniText;
import org.einhyrningsins.config.importer.Section;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.importer.Unimportable;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
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
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
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

    public DraftFile read(Source source) throws Unimportable {
        IniText ini = IniText.ofSupervisord();
        ini.read(source);
        DraftFile draft = new DraftFile("supervisord", source.file());
        draft.say(
                "A program without directory runs in that of this file, in supervisord where that"
                        + " was started.");
        draft.say(
                "A program without stdout_logfile writes to the manager's output, and to a file of"
                        + " supervisord's own there.");
        Path here = ImportedFile.folder(source.file());
        include(ini, here, draft);
        Map<String, Section> groups = groups(ini.sections(), draft);
        List<Section> programs = new ArrayList<>();
        for (Section section : ini.sections().values()) {
            if (section.name().matches("(program|fcgi-program):.*")) {
                programs.add(section);
            } else {
                other(section, here, draft);
            }
        }
        programs.sort(Comparator.comparingInt(SupervisordFile::priority));
        for (Section section : programs) {
            new SupervisordProgram(section, groups.get(section.title()), names(here), environment)
                    .write(draft);
        }
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

    private static int priority(Section program) {
        Setting priority = program.look("priority");
        Integer number = priority == null ? null : priority.number();
        return number == null ? USUAL_PRIORITY : number;
    }

    /// The groups, by the names of their programs.
    private static Map<String, Section> groups(
            SequencedMap<String, Section> sections, DraftFile draft) {
        Map<String, Section> groups = new HashMap<>();
        for (Section group : sections.values()) {
            if (!group.name().startsWith("group:")) {
                continue;
            }
            Setting programs = group.take("programs");
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

    private void include(IniText ini, Path here, DraftFile draft) throws Unimportable {
        Section section = ini.sections().get("include");
        Setting files = section == null ? null : section.take("files");
        if (section == null || files == null) {
            return;
        }
        for (String text : split(files.value())) {
            String pattern = text;
            try {
                pattern = new SupervisordText(names(here), 0, environment, Map.of()).settled(text);
            } catch (Misread e) {
                draft.lost(section, files, e.reason());
            }
            List<Path> found = matching(here, pattern);
            if (found.isEmpty()) {
                draft.lost(section, files, "no file matches " + Texts.quoted(pattern));
            }
            for (Path file : found) {
                ini.read(ImportedFile.source(file));
                draft.say("Read too: " + file);
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
    private void other(Section section, Path here, DraftFile draft) {
        String kind = section.name().replaceFirst(":.*", "");
        switch (kind) {
            case "supervisord" -> daemon(section, here, draft);
            case "group" -> group(section, draft);
            case "include" -> rest(section, "nothing here is like it", draft);
            case "unix_http_server" ->
                    draft.sameWhole(
                            section,
                            "einhyrningsinsctl has a socket of its own; see control.socket,"
                                    + " control.mode and the option -d");
            case "inet_http_server" ->
                    draft.lostWhole(section, "the manager is not controlled over TCP");
            case "supervisorctl" ->
                    draft.sameWhole(section, "einhyrningsinsctl needs no configuration");
            case "rpcinterface" -> {
                if (section.name().equals("rpcinterface:supervisor")) {
                    draft.sameWhole(section, "einhyrningsinsctl needs no such thing");
                } else {
                    draft.lostWhole(section, "there are no plugins");
                }
            }
            case "eventlistener" ->
                    draft.lostWhole(
                            section, "there are no event listeners; see einhyrningsinsctl events");
            default -> draft.lostWhole(section, "no section of supervisord that is known here");
        }
    }

    private static void group(Section group, DraftFile draft) {
        draft.say(
                "["
                        + group.name()
                        + "]: there are no groups; commands take several programs, or all");
        for (Setting setting : group.takeRest()) {
            draft.lost(group, setting, "programs are started in the order of this file");
        }
    }

    private void daemon(Section daemon, Path here, DraftFile draft) {
        Setting level = daemon.take("loglevel");
        if (level != null) {
            logLevel(daemon, level, draft);
        }
        Setting stays = daemon.look("nodaemon");
        if (stays != null && stays.isTrue()) {
            for (String key : List.of("umask", "directory")) {
                Setting moot = daemon.take(key);
                if (moot != null) {
                    draft.same(daemon, moot, "it counts for one that daemonizes");
                }
            }
        }
        draft.defaults().umask(daemon.take("umask"));
        SupervisordText texts = new SupervisordText(names(here), 0, environment, Map.of());
        Setting directory = daemon.take("directory");
        if (directory != null) {
            try {
                String settled = texts.settled(directory.value());
                draft.defaults().text("directory", directory.withValue(settled));
            } catch (Misread e) {
                draft.defaults().blocks(directory, e.reason());
            }
        }
        SupervisordProgram.environment(daemon.take("environment"), texts, draft.defaults());
        user(daemon, draft);
        for (Setting setting : daemon.takeRest()) {
            String known = concernsManager(setting.key());
            if (known.isEmpty()) {
                draft.lost(daemon, setting, whyNot(setting.key()));
            } else {
                draft.same(daemon, setting, known);
            }
        }
    }

    /// Supervisord becomes that user, and so its programs are.
    private static void user(Section daemon, DraftFile draft) {
        Setting user = daemon.take("user");
        if (user != null && user.value().equals("root")) {
            draft.same(daemon, user, "programs run as the manager's user");
        } else if (user != null) {
            draft.defaults().who("user", user);
        }
    }

    private static void logLevel(Section daemon, Setting setting, DraftFile draft) {
        LogSpec.@Nullable Level level =
                switch (setting.value()) {
                    case "critical", "crit", "error", "erro" -> LogSpec.Level.ERROR;
                    case "warn" -> LogSpec.Level.WARN;
                    case "info" -> LogSpec.Level.INFO;
                    case "debug", "debg", "trace", "trac", "blather", "blat" -> LogSpec.Level.DEBUG;
                    default -> null;
                };
        if (level == null) {
            draft.lost(daemon, setting, "not a level of the log");
        } else {
            draft.top("log: { level: " + Shape.word(level) + " }");
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

    private static void rest(Section section, String why, DraftFile draft) {
        for (Setting setting : section.takeRest()) {
            draft.lost(section, setting, why);
        }
    }
}
