// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.importer.ShellLine;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.Signal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// Imports one process of a process-compose.yaml.
///
/// @param names of the programs, by those of the processes
/// @param awaited receives the names of processes whose end others wait for
record ProcessComposeProcess(
        ForeignMap map,
        ImportedProgram program,
        ProcessComposeTexts shell,
        Map<String, String> names,
        Set<String> awaited) {
    private static final int MAX_SIGNAL = 31;

    void write(List<String> by, Path here) {
        ForeignSetting description = map.text("description");
        if (description != null) {
            program.comment(description.value());
        }
        command(by);
        shell.environment(map.take("environment"), map.place());
        ForeignSetting directory = map.text("working_dir");
        ForeignSetting log = map.text("log_location");
        try {
            if (directory != null) {
                Path path = here.resolve(shell.expanded(directory.value()));
                program.text("directory", path.normalize().toString());
            }
            if (log != null) {
                Path path = here.resolve(shell.expanded(log.value()));
                program.log().file(path.normalize().toString());
            }
        } catch (ValueException e) {
            program.blocks(directory == null ? log : directory, e.reason());
        }
        count();
        order();
        probes();
        availability();
        shutdown();
        program.set("rollout", "{ strategy: replace }");
        program.comment("rollout", "old before new, as it is there; with bind no request is lost");
        for (ForeignSetting foreignSetting : map.takeRest()) {
            boolean moot =
                    foreignSetting
                            .key()
                            .matches(
                                    "namespace|disable_ansi_colors|is_foreground"
                                            + "|log_configuration|x-.*|is_strict|vars");
            if (foreignSetting.isTrue() && foreignSetting.key().equals("is_daemon")) {
                program.blocks(foreignSetting, "a worker stays in the foreground");
            } else if (moot || Boolean.FALSE.equals(foreignSetting.flag())) {
                program.same(foreignSetting, "it concerns process-compose alone");
            } else {
                program.lost(foreignSetting, "nothing here is like it");
            }
        }
    }

    private void command(List<String> by) {
        ForeignSetting foreignSetting = map.text("command");
        List<ForeignSetting> entry = map.list("entrypoint");
        try {
            if (!entry.isEmpty()) {
                List<String> words = new ArrayList<>();
                for (ForeignSetting word : entry) {
                    words.add(shell.filledIn(word.value()));
                }
                program.command(words);
            } else if (foreignSetting == null || foreignSetting.value().isBlank()) {
                program.noCommand(map.setting("command"), "it has none");
            } else if (foreignSetting.value().contains("{{")) {
                program.noCommand(foreignSetting, "its {{…}} are not filled in");
            } else {
                program.command(ShellLine.of(foreignSetting.value(), by, shell.texts()));
                if (ShellLine.isCompound(foreignSetting.value())) {
                    program.comment("command", foreignSetting, ShellLine.BETWEEN);
                }
            }
        } catch (ValueException e) {
            program.noCommand(
                    foreignSetting == null ? map.setting("entrypoint") : foreignSetting,
                    e.reason());
        }
    }

    private void count() {
        program.workers(map.text("replicas"));
        ForeignSetting disabled = map.text("disabled");
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
            ForeignSetting condition = options.text("condition");
            ForeignSetting whole = new ForeignSetting("depends_on", name, others.place());
            String other = names.get(name);
            if (other == null) {
                program.lost("after", whole, "there is no such process in this file");
            } else if (program.file().comesAfter(program.name(), other)) {
                program.after(other);
                if (condition != null && condition.value().startsWith("process_completed")) {
                    awaited.add(name);
                }
                if (condition != null) {
                    condition(other, condition);
                }
            } else {
                program.lost("after", whole, "they wait for each other");
            }
        }
    }

    private void condition(String other, ForeignSetting condition) {
        String when =
                switch (condition.value()) {
                    case "process_started" -> "started";
                    case "process_healthy", "process_log_ready" -> "ready";
                    case "process_completed", "process_completed_successfully" -> "done";
                    default -> null;
                };
        if (when == null) {
            program.lost("after", condition, "not a condition that is known here");
            return;
        }
        program.after(other, when);
        if (condition.value().equals("process_completed")) {
            program.differs("after", condition, "a job has to end well");
        } else {
            program.comment("after", condition, "see after");
        }
    }

    private void probes() {
        ForeignSetting line = map.text("ready_log_line");
        if (line != null) {
            String match = Pattern.quote(line.value());
            program.set("ack", "{ mode: log, match: " + YamlText.quoted(match) + " }");
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
        ForeignSetting whole =
                new ForeignSetting(
                        key.equals("ack") ? "readiness_probe" : "liveness_probe",
                        "",
                        probe.place());
        long every = seconds(probe, "period_seconds", 10);
        long timeout = seconds(probe, "timeout_seconds", 1);
        ForeignSetting first = probe.text("initial_delay_seconds");
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
            for (ForeignSetting foreignSetting : rest.takeRest()) {
                boolean moot =
                        foreignSetting.key().matches(".*success_threshold")
                                && foreignSetting.value().equals("1");
                if (moot) {
                    program.same(foreignSetting, "as it is here");
                } else {
                    program.lost(key, foreignSetting, "nothing here is like it");
                }
            }
        }
    }

    private String target(ForeignMap exec, ForeignMap http, ForeignSetting whole) {
        ForeignSetting command = exec.text("command");
        ForeignSetting port = http.text("port");
        ForeignSetting host = http.text("host");
        ForeignSetting path = http.text("path");
        ForeignSetting scheme = http.text("scheme");
        boolean plain = scheme == null || scheme.value().equalsIgnoreCase("http");
        try {
            if (command != null) {
                List<String> words =
                        ShellLine.of(command.value(), List.of("/bin/sh", "-c"), shell.texts());
                return "exec: " + YamlText.words(words);
            } else if (port != null && plain) {
                String at = host == null ? "127.0.0.1" : shell.expanded(host.value());
                String number = shell.expanded(port.value());
                String page = path == null ? "/" : shell.expanded(path.value());
                if (!number.matches("[0-9]{1,5}") || !at.matches("[A-Za-z0-9.-]+")) {
                    throw new ValueException("expected a host and a port");
                }
                String url = "http://" + at.replace("localhost", "127.0.0.1") + ":" + number;
                return "http: " + YamlText.quoted("GET " + url + page);
            }
            throw new ValueException("only a command, or a page over HTTP, is asked");
        } catch (ValueException e) {
            program.lost("health", whole, e.reason());
            return "";
        }
    }

    private long seconds(ForeignMap from, String key, int usual) {
        ForeignSetting foreignSetting = from.text(key);
        return foreignSetting == null ? usual : seconds(foreignSetting, usual);
    }

    private long seconds(ForeignSetting foreignSetting, int usual) {
        Integer number = foreignSetting.number();
        if (number == null || number < 0) {
            program.lost("", foreignSetting, "expected a number");
            return usual;
        }
        return number;
    }

    private void availability() {
        ForeignMap availability = map.map("availability");
        ForeignSetting restart = availability.text("restart");
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
        for (ForeignSetting foreignSetting : availability.takeRest()) {
            if (Boolean.FALSE.equals(foreignSetting.flag())) {
                program.same(foreignSetting, "as it is here");
            } else {
                program.differs("restart", foreignSetting, "the others go on when it ends");
            }
        }
        if (when.equals("never")) {
            program.never(false);
            return;
        }
        Duration time = Duration.ofSeconds(Math.max(1, wait));
        long deaths = Math.min(10_000, most + 1);
        String limit = most == 0 ? "" : ", " + ImportedValues.giveUp(deaths, Duration.ofDays(365));
        String backoff = ImportedValues.backoff(time, "1", time);
        program.set("restart", "{ when: " + when + ", " + backoff + ", burst: 0" + limit + " }");
    }

    private void shutdown() {
        ForeignMap shutdown = map.map("shutdown");
        ForeignSetting number = shutdown.text("signal");
        Integer given = number == null ? null : number.number();
        boolean known = given != null && given > 0 && given <= MAX_SIGNAL;
        Signal signal = known ? program.signal(number, Signal.TERM) : Signal.TERM;
        ForeignSetting parent = shutdown.text("parent_only");
        Duration patience = Duration.ofSeconds(seconds(shutdown, "timeout_seconds", 10));
        program.stop(signal, patience, parent == null || !parent.isTrue());
        if (parent != null) {
            program.comment("stop", parent, "see stop.to");
        }
        for (ForeignSetting foreignSetting : shutdown.takeRest()) {
            program.lost("stop", foreignSetting, "workers are stopped by signals alone");
        }
    }
}
