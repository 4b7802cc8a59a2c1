// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ComposeText;
import org.einhyrningsins.config.importer.DraftFile;
import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ImportedFile;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.importer.ShellLine;
import org.einhyrningsins.config.importer.Unimportable;
import org.einhyrningsins.config.print.Printer;
import org.einhyrningsins.config.source.DraftText;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.Remarks;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.Template;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Imports a process-compose.yaml: each process becomes a program. Source:
/// f1bonacc1.github.io/process-compose.
public final class ProcessComposeFile {
    private static final int MAX_SIGNAL = 31;

    private final Map<String, String> environment;

    public ProcessComposeFile(Map<String, String> environment) {
        this.environment = environment;
    }

    public DraftFile read(Source source) throws Unimportable {
        ForeignMap root = ForeignMap.read(source);
        ForeignMap processes = root.map("processes");
        if (processes.keys().isEmpty()) {
            throw new Unimportable(source.file(), 0, "has no map of processes");
        }
        DraftFile draft = new DraftFile("process-compose", source.file());
        Path here = ImportedFile.folder(source.file());
        draft.defaults().text("directory", here.toString());
        boolean expands = expands(root, draft);
        ComposeText texts = new ComposeText(environment, beside(here, draft));
        Shell shell = new Shell(draft.defaults(), expands ? texts : null);
        shell.environment(root.take("environment"), root.place());
        ForeignMap custom = root.map("shell");
        Setting program = custom.text("shell_command");
        Setting argument = custom.text("shell_argument");
        List<String> by =
                List.of(
                        program == null ? "/bin/bash" : program.value(),
                        argument == null ? "-c" : argument.value());
        if (argument != null) {
            draft.remark(Remarks.Kind.SAME, argument, "see command");
        }
        Setting log = root.text("log_location");
        if (log != null) {
            draft.defaults().log(here.resolve(log.value()).normalize().toString());
        }
        Map<String, String> names = new LinkedHashMap<>();
        SequencedMap<String, DraftProgram> programs = new LinkedHashMap<>();
        for (String name : processes.keys()) {
            DraftProgram made = draft.program(name);
            names.put(name, made.name());
            programs.put(name, made);
        }
        Set<String> awaited = new TreeSet<>();
        programs.forEach(
                (name, made) -> {
                    ForeignMap process = process(processes, name);
                    new Writing(
                                    process,
                                    made,
                                    new Shell(made, expands ? texts : null),
                                    names,
                                    awaited)
                            .write(by, here);
                });
        for (String name : awaited) {
            DraftProgram made = programs.get(name);
            if (made != null) {
                made.awaited();
            }
        }
        rest(root, custom, draft);
        return draft;
    }

    private static ForeignMap process(ForeignMap processes, String name) {
        return processes.take(name) instanceof Mapping map
                ? ForeignMap.of(map, "")
                : ForeignMap.of(new Mapping(processes.place(), new LinkedHashMap<>()), "");
    }

    private static boolean expands(ForeignMap root, DraftFile draft) {
        Setting off = root.text("disable_env_expansion");
        if (off != null) {
            draft.remark(Remarks.Kind.SAYS, off, "as here");
        }
        return off == null || !off.isTrue();
    }

    private static void rest(ForeignMap root, ForeignMap shell, DraftFile draft) {
        shell.takeRest().forEach(s -> draft.remark(Remarks.Kind.SAME, s, "see command"));
        for (Setting setting : root.takeRest()) {
            boolean moot =
                    setting.key()
                            .matches(
                                    "version|name|log_level|log_length|is_strict|x-.*|"
                                        + "is_tui_disabled|log_configuration|ordered_shutdown|theme|project");
            draft.remark(
                    moot ? Remarks.Kind.SAME : Remarks.Kind.LOST,
                    setting,
                    moot ? "it concerns process-compose alone" : "nothing here is like it");
        }
    }

    /// The variables of the `.env` beside the file, which its processes have, too.
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
        if (problems.none()) {
            draft.defaults().set("env-file", DraftProgram.list(List.of(file.toString())));
        } else {
            Problem problem = problems.problems().getFirst();
            draft.remark(Remarks.Kind.LOST, file + ":" + problem.line(), problem.message());
        }
        return variables;
    }

    /// Writes texts in which variables may be filled in.
    ///
    /// @param texts null if none are
    private record Shell(DraftProgram program, @Nullable ComposeText texts) {
        String filledIn(String text) throws Misread {
            return texts == null ? DraftText.escaped(text) : texts.withPlaces(text);
        }

        String settled(String text) throws Misread {
            return texts == null ? text : texts.settled(text);
        }

        void environment(@Nullable Node node, Place place) {
            if (node instanceof Items items) {
                for (Node item : items.values()) {
                    String text = ForeignMap.shown(item);
                    int equals = Math.max(0, text.indexOf('='));
                    variable(text.substring(0, equals), text.substring(equals + 1), item.place());
                }
            } else if (node instanceof Mapping map) {
                map.entries()
                        .forEach(
                                (name, entry) ->
                                        variable(
                                                name,
                                                ForeignMap.shown(entry.value()),
                                                entry.value().place()));
            } else if (node != null) {
                program.blocks(
                        new Setting("environment", ForeignMap.shown(node), place),
                        "expected a list of NAME=value");
            }
        }

        private void variable(String name, String value, Place place) {
            Setting setting = new Setting("environment", name + "=" + value, place);
            try {
                program.env(name, filledIn(value), setting);
            } catch (Misread e) {
                program.blocks(setting, e.reason());
            }
        }
    }

    /// One process being written.
    private record Writing(
            ForeignMap map,
            DraftProgram program,
            Shell shell,
            Map<String, String> names,
            Set<String> awaited) {
        void write(List<String> by, Path here) {
            Setting description = map.text("description");
            if (description != null) {
                program.say(description.value());
            }
            command(by);
            shell.environment(map.take("environment"), map.place());
            Setting directory = map.text("working_dir");
            Setting log = map.text("log_location");
            try {
                if (directory != null) {
                    Path path = here.resolve(shell.settled(directory.value()));
                    program.text("directory", path.normalize().toString());
                }
                if (log != null) {
                    Path path = here.resolve(shell.settled(log.value()));
                    program.log(path.normalize().toString());
                }
            } catch (Misread e) {
                program.blocks(directory == null ? log : directory, e.reason());
            }
            count();
            order();
            probes();
            availability();
            shutdown();
            program.set("rollout", "{ strategy: replace }");
            program.say("rollout", "old before new, as it is there; with bind no request is lost");
            for (Setting setting : map.takeRest()) {
                boolean moot =
                        setting.key()
                                .matches(
                                        "namespace|disable_ansi_colors|is_foreground"
                                                + "|log_configuration|x-.*|is_strict|vars");
                if (setting.isTrue() && setting.key().equals("is_daemon")) {
                    program.blocks(setting, "a worker stays in the foreground");
                } else if (moot || Boolean.FALSE.equals(setting.flag())) {
                    program.same(setting, "it concerns process-compose alone");
                } else {
                    program.lost(setting, "nothing here is like it");
                }
            }
        }

        private void command(List<String> by) {
            Setting setting = map.text("command");
            List<Setting> entry = map.list("entrypoint");
            try {
                if (!entry.isEmpty()) {
                    List<String> words = new ArrayList<>();
                    for (Setting word : entry) {
                        words.add(shell.filledIn(word.value()));
                    }
                    program.command(words);
                } else if (setting == null || setting.value().isBlank()) {
                    program.noCommand(map.setting("command"), "it has none");
                } else if (setting.value().contains("{{")) {
                    program.noCommand(setting, "its {{…}} are not filled in");
                } else {
                    program.command(ShellLine.of(setting.value(), by, shell.texts()));
                    if (ShellLine.isCompound(setting.value())) {
                        program.say("command", setting, ShellLine.BETWEEN);
                    }
                }
            } catch (Misread e) {
                program.noCommand(
                        setting == null ? map.setting("entrypoint") : setting, e.reason());
            }
        }

        private void count() {
            program.workers(map.text("replicas"));
            Setting disabled = map.text("disabled");
            if (disabled != null && disabled.isTrue()) {
                program.idle(List.of(disabled));
            } else if (disabled != null) {
                program.same(disabled, "as it is here");
            }
        }

        private void order() {
            ForeignMap others = map.map("depends_on");
            for (String name : others.keys()) {
                ForeignMap options = others.map(name);
                Setting condition = options.text("condition");
                Setting whole = new Setting("depends_on", name, others.place());
                String other = names.get(name);
                if (other == null) {
                    program.lost("after", whole, "there is no such process in this file");
                } else if (program.file().comesAfter(program.name(), other)) {
                    program.after(other);
                    if (condition != null && condition.value().startsWith("process_completed")) {
                        awaited.add(name);
                    }
                    if (condition != null && condition.value().equals("process_completed")) {
                        program.differs("after", condition, "it has to end well");
                    } else if (condition != null) {
                        program.say("after", condition, "see after");
                    }
                } else {
                    program.lost("after", whole, "they wait for each other");
                }
            }
        }

        private void probes() {
            Setting line = map.text("ready_log_line");
            if (line != null) {
                String match = Pattern.quote(line.value());
                program.set("ack", "{ mode: log, match: " + Printer.quoted(match) + " }");
            }
            ForeignMap ready = map.map("readiness_probe");
            if (!ready.keys().isEmpty()) {
                probe(ready, "ack");
            }
            ForeignMap live = map.map("liveness_probe");
            if (!live.keys().isEmpty()) {
                probe(live, "health");
            }
        }

        private void probe(ForeignMap probe, String key) {
            Setting whole =
                    new Setting(
                            key.equals("ack") ? "readiness_probe" : "liveness_probe",
                            "",
                            probe.place());
            long every = seconds(probe, "period_seconds", 10);
            long timeout = seconds(probe, "timeout_seconds", 1);
            Setting first = probe.text("initial_delay_seconds");
            long delay = first == null ? 0 : seconds(first, 0);
            if (first != null && delay > 0) {
                program.differs(
                        key,
                        first,
                        key.equals("ack")
                                ? "it is asked from the beginning, and not only then"
                                : "it is asked as soon as it is up, and not only then");
            }
            long failures = seconds(probe, "failure_threshold", 3);
            ForeignMap exec = probe.map("exec");
            ForeignMap http = probe.map("http_get");
            String target = target(exec, http, whole);
            if (!target.isEmpty() && key.equals("ack")) {
                long patience = delay + (every + timeout) * Math.max(1, failures);
                program.set(
                        key,
                        "{ mode: probe, "
                                + target
                                + ", every: "
                                + Math.max(1, every)
                                + "s, timeout: "
                                + patience
                                + "s }");
            } else if (!target.isEmpty()) {
                program.set(
                        key,
                        "{ "
                                + target
                                + ", every: "
                                + Math.max(1, every)
                                + "s, timeout: "
                                + Math.max(1, timeout)
                                + "s, failures: "
                                + Math.max(1, failures)
                                + " }");
            }
            for (ForeignMap rest : List.of(exec, http, probe)) {
                for (Setting setting : rest.takeRest()) {
                    boolean moot =
                            setting.key().matches(".*success_threshold")
                                    && setting.value().equals("1");
                    if (moot) {
                        program.same(setting, "as it is here");
                    } else {
                        program.lost(key, setting, "nothing here is like it");
                    }
                }
            }
        }

        private String target(ForeignMap exec, ForeignMap http, Setting whole) {
            Setting command = exec.text("command");
            Setting port = http.text("port");
            Setting host = http.text("host");
            Setting path = http.text("path");
            Setting scheme = http.text("scheme");
            boolean plain = scheme == null || scheme.value().equalsIgnoreCase("http");
            try {
                if (command != null) {
                    List<String> words =
                            ShellLine.of(command.value(), List.of("/bin/sh", "-c"), shell.texts());
                    return "exec: " + DraftProgram.list(words);
                } else if (port != null && plain) {
                    String at = host == null ? "127.0.0.1" : shell.settled(host.value());
                    String number = shell.settled(port.value());
                    String page = path == null ? "/" : shell.settled(path.value());
                    if (!number.matches("[0-9]{1,5}") || !at.matches("[A-Za-z0-9.-]+")) {
                        throw new Misread("expected a host and a port");
                    }
                    String url = "http://" + at.replace("localhost", "127.0.0.1") + ":" + number;
                    return "http: " + Printer.quoted("GET " + url + page);
                }
                throw new Misread("only a command, or a page over HTTP, is asked");
            } catch (Misread e) {
                program.lost("health", whole, e.reason());
                return "";
            }
        }

        private long seconds(ForeignMap from, String key, int usual) {
            Setting setting = from.text(key);
            return setting == null ? usual : seconds(setting, usual);
        }

        private long seconds(Setting setting, int usual) {
            Integer number = setting.number();
            if (number == null || number < 0) {
                program.lost("", setting, "expected a number");
                return usual;
            }
            return number;
        }

        private void availability() {
            ForeignMap availability = map.map("availability");
            Setting restart = availability.text("restart");
            long wait = seconds(availability, "backoff_seconds", 1);
            long most = seconds(availability, "max_restarts", 0);
            String word = restart == null ? "no" : restart.value();
            String when =
                    switch (word) {
                        case "always" -> "always";
                        case "on_failure" -> "on-failure";
                        default -> "never";
                    };
            if (restart != null && !word.matches("no|always|on_failure")) {
                program.differs("restart", restart, "the others go on when it ends");
            }
            for (Setting setting : availability.takeRest()) {
                if (Boolean.FALSE.equals(setting.flag())) {
                    program.same(setting, "as it is here");
                } else {
                    program.differs("restart", setting, "the others go on when it ends");
                }
            }
            if (when.equals("never")) {
                program.never(false);
                return;
            }
            String time = Math.max(1, wait) + "s";
            String limit =
                    most == 0
                            ? ""
                            : ", give-up: { deaths: "
                                    + Math.min(10_000, most + 1)
                                    + ", within: "
                                    + DraftProgram.time(Duration.ofDays(365))
                                    + " }";
            program.set(
                    "restart",
                    "{ when: "
                            + when
                            + ", backoff: { first: "
                            + time
                            + ", factor: 1, max: "
                            + time
                            + " }, burst: 0"
                            + limit
                            + " }");
        }

        private void shutdown() {
            ForeignMap shutdown = map.map("shutdown");
            Setting number = shutdown.text("signal");
            Integer given = number == null ? null : number.number();
            boolean known = given != null && given > 0 && given <= MAX_SIGNAL;
            Signal signal = known ? program.signal(number, Signal.TERM) : Signal.TERM;
            Setting parent = shutdown.text("parent_only");
            Duration patience = Duration.ofSeconds(seconds(shutdown, "timeout_seconds", 10));
            program.stop(signal, patience, parent == null || !parent.isTrue());
            if (parent != null) {
                program.say("stop", parent, "see stop.to");
            }
            for (Setting setting : shutdown.takeRest()) {
                program.lost("stop", setting, "workers are stopped by signals alone");
            }
        }
    }
}
