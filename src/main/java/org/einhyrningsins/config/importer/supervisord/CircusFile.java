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
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Imports a circus.ini. Source: circus.readthedocs.io, "Configuration", and circus/config.py.
public final class CircusFile {
    private final Map<String, String> environment;

    public CircusFile(Map<String, String> environment) {
        this.environment = environment;
    }

    public ImportedServices read(SourceText sourceText) throws ImportException {
        IniText ini = IniText.ofCircus();
        ini.read(sourceText);
        ImportedServices draft = new ImportedServices("circus", sourceText.file());
        draft.comment(
                "A program without working_dir runs in that of this file, in circus where that was"
                        + " started.");
        ForeignSection circus = ini.sections().get("circus");
        if (circus != null) {
            include(circus, ini, sourceText.file(), draft);
        }
        List<ForeignSection> watchers = new ArrayList<>();
        SequencedMap<String, CircusSocket> sockets = new LinkedHashMap<>();
        for (ForeignSection foreignSection : ini.sections().values()) {
            if (foreignSection.name().startsWith("watcher:")) {
                watchers.add(foreignSection);
            } else if (foreignSection.name().startsWith("socket:")) {
                String name = foreignSection.title().toLowerCase(Locale.ROOT);
                sockets.put(name, new CircusSocket(name, foreignSection));
            }
        }
        watchers.sort(Comparator.comparingInt(watcher -> -priority(watcher)));
        Set<String> named = new TreeSet<>();
        watchers.forEach(watcher -> named.addAll(CircusWatcher.sockets(watcher)));
        for (ForeignSection watcher : watchers) {
            new CircusWatcher(watcher, sockets, named, environment)
                    .write(draft, environments(ini, watcher.title()));
        }
        for (ForeignSection foreignSection : ini.sections().values()) {
            other(foreignSection, watchers, draft);
        }
        return draft;
    }

    private static int priority(ForeignSection watcher) {
        ForeignSetting priority = watcher.look("priority");
        Integer number = priority == null ? null : priority.number();
        return number == null ? 0 : number;
    }

    private static void include(
            ForeignSection circus, IniText ini, Path file, ImportedServices draft)
            throws ImportException {
        Path base = ForeignFiles.folder(file);
        Set<Path> read = new TreeSet<>();
        for (String key : List.of("include", "include_dir")) {
            ForeignSetting foreignSetting = circus.take(key);
            String list = foreignSetting == null ? "" : foreignSetting.value().strip();
            for (String text : list.isEmpty() ? new String[0] : list.split("\\s+")) {
                String pattern = key.equals("include") ? text : text + "/*.ini";
                List<Path> found = SupervisordFile.matching(base, pattern);
                if (found.isEmpty() && foreignSetting != null) {
                    draft.lost(
                            circus, foreignSetting, "no file matches " + TextUtil.quoted(pattern));
                }
                for (Path path : found) {
                    if (!read.add(path)) {
                        continue;
                    }
                    ini.read(ForeignFiles.source(path));
                    draft.comment("Read too: " + path);
                }
            }
        }
    }

    /// The sections of variables that are for that watcher, the general one first.
    private static List<ForeignSection> environments(IniText ini, String watcher) {
        List<ForeignSection> environments = new ArrayList<>();
        ForeignSection general = ini.sections().get("env");
        if (general != null) {
            environments.add(general);
        }
        for (ForeignSection foreignSection : ini.sections().values()) {
            if (foreignSection.name().startsWith("env:") && isFor(foreignSection, watcher)) {
                environments.add(foreignSection);
            }
        }
        return environments;
    }

    private static boolean isFor(ForeignSection environment, String watcher) {
        for (String pattern : environment.title().split(",", -1)) {
            if (watcher.matches(regex(pattern.strip()))) {
                return true;
            }
        }
        return false;
    }

    /// Returns the regular expression of a pattern of Python's fnmatch; sets of characters are not
    /// supported.
    private static String regex(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            switch (c) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.toString();
    }

    private static void other(
            ForeignSection foreignSection, List<ForeignSection> watchers, ImportedServices draft) {
        String kind = foreignSection.name().replaceFirst(":.*", "");
        switch (kind) {
            case "circus" -> arbiter(foreignSection, draft);
            case "watcher" -> {}
            case "socket" -> {
                if (!CircusSocket.isTaken(foreignSection)) {
                    draft.lostWhole(foreignSection, "no watcher takes it");
                }
            }
            case "env" -> {
                boolean used =
                        foreignSection.name().equals("env")
                                ? !watchers.isEmpty()
                                : watchers.stream().anyMatch(w -> isFor(foreignSection, w.title()));
                if (!used) {
                    draft.sameWhole(foreignSection, "no watcher is of that name");
                }
            }
            case "plugin" -> draft.lostWhole(foreignSection, "there are no plugins");
            default -> draft.lostWhole(foreignSection, "no section of circus that is known here");
        }
    }

    private static void arbiter(ForeignSection circus, ImportedServices draft) {
        ForeignSetting level = circus.take("loglevel");
        LogSpec.@Nullable Level known = level == null ? null : level(level.value());
        if (level != null && known == null) {
            draft.lost(circus, level, "not a level of the log");
        } else if (known != null) {
            draft.top("log: { level: " + ConfigShape.word(known) + " }");
        }
        draft.defaults().umask(circus.take("umask"));
        for (ForeignSetting foreignSetting : circus.takeRest()) {
            String moot = concernsManager(foreignSetting.key());
            if (moot.isEmpty()) {
                draft.lost(circus, foreignSetting, whyNot(foreignSetting.key()));
            } else {
                draft.same(circus, foreignSetting, moot);
            }
        }
    }

    private static LogSpec.@Nullable Level level(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "critical", "error" -> LogSpec.Level.ERROR;
            case "warning", "warn" -> LogSpec.Level.WARN;
            case "info" -> LogSpec.Level.INFO;
            case "debug" -> LogSpec.Level.DEBUG;
            default -> null;
        };
    }

    private static String concernsManager(String key) {
        return switch (key) {
            case "endpoint", "endpoint_owner", "pubsub_endpoint", "multicast_endpoint" ->
                    "einhyrningsinsctl has a socket of its own; see control.socket, control.mode";
            case "check_delay" -> "nothing is polled; the kernel tells the manager at once";
            case "pidfile" -> "give it on the command line: -e FILE";
            case "logoutput", "loggerconfig" ->
                    "the manager logs to standard error; what starts it keeps that";
            case "stream_backend", "debug", "debug_gc", "proc_name" -> "it concerns circus alone";
            default -> "";
        };
    }

    private static String whyNot(String key) {
        return switch (key) {
            case "statsd", "stats_endpoint", "statsd_close_outputs" ->
                    "there is no statistics daemon; see einhyrningsinsctl status and events";
            case "httpd", "httpd_host", "httpd_port", "httpd_close_outputs" ->
                    "there is no such console; see http for metrics and a status page";
            case "warmup_delay" -> "programs are started at once";
            default -> "nothing here is like it";
        };
    }
}
