// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ShlexSplitter;
import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes an app of pm2 as a program.
final class Pm2App {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,12})([KMG]?)B?");
    private static final int USUAL_KILL_MILLIS = 1600;
    private static final int USUAL_MIN_UPTIME = 1000;
    private static final int USUAL_MAX_RESTARTS = 16;
    private static final Duration MAX_DELAY = Duration.ofSeconds(15);

    private final ForeignMap app;
    private final ImportedProgram program;
    private final Path here;

    /// @param here the directory of the file
    Pm2App(ForeignMap app, ImportedProgram program, Path here) {
        this.app = app;
        this.program = program;
        this.here = here;
    }

    void write() {
        Path directory = directory();
        boolean isNode = command(directory);
        count(isNode);
        environment();
        identity();
        restarting();
        stopping();
        output(directory);
        program.set("rollout", "{ strategy: replace }");
        program.comment(
                "rollout",
                "old before new, so that it may bind a port of its own; with bind, if it"
                        + " can take a socket, no request is lost");
        for (ForeignSetting foreignSetting : app.takeRest()) {
            reportRest(foreignSetting);
        }
    }

    private Path directory() {
        ForeignSetting cwd = app.text("cwd");
        if (cwd == null) {
            return here;
        }
        Path directory = here.resolve(cwd.value()).normalize();
        program.text("directory", directory.toString());
        return directory;
    }

    // ---- what it runs

    /// Writes the command.
    ///
    /// @return whether it is run by node
    private boolean command(Path directory) {
        ForeignSetting script = app.text("script");
        ForeignSetting given = either("interpreter", "exec_interpreter");
        List<String> options = words("interpreter_args", "node_args", "interpreterArgs");
        List<String> args = words("args", "script_args", "");
        if (script == null || script.value().isBlank()) {
            program.noCommand(app.setting("script"), "it has none");
            return false;
        }
        String path = script.value();
        boolean isFile = Files.isRegularFile(directory.resolve(path));
        List<String> words = new ArrayList<>();
        String interpreter = given == null ? interpreter(path, directory) : given.value();
        if (path.contains(" ") && !isFile) {
            words.addAll(List.of("/bin/bash", "-c", path));
            interpreter = "none";
        } else {
            if (!interpreter.equals("none")) {
                words.add(interpreter);
                words.addAll(options);
            }
            boolean isName = !path.contains("/") && !isFile && interpreter.equals("none");
            boolean isPath =
                    path.startsWith("/") || path.startsWith("./") || path.startsWith("../");
            words.add(isName || isPath || !interpreter.equals("none") ? path : "./" + path);
        }
        words.addAll(args);
        program.command(words.stream().map(TemplateTextBuilder::escaped).toList());
        return interpreter.equals("node");
    }

    /// Returns the interpreter by the suffix; without one it is a command, or names its own.
    private static String interpreter(String script, Path directory) {
        String end = script.replaceFirst(".*/", "");
        end = end.contains(".") ? end.substring(end.lastIndexOf('.')) : "";
        return switch (end.toLowerCase(Locale.ROOT)) {
            case ".js", ".cjs", ".mjs" -> "node";
            case ".py" -> "python3";
            case ".rb" -> "ruby";
            case ".sh" -> "bash";
            case ".php" -> "php";
            case ".pl" -> "perl";
            case ".ts", ".tsx" -> "bun";
            default ->
                    Files.isRegularFile(directory.resolve(script))
                                    && !Files.isExecutable(directory.resolve(script))
                            ? "node"
                            : "none";
        };
    }

    private @Nullable ForeignSetting either(String key, String other) {
        ForeignSetting first = app.text(key);
        ForeignSetting second = app.text(other);
        return first == null ? second : first;
    }

    /// A list, or a text that is split at blanks and quotes.
    private List<String> words(String key, String other, String third) {
        List<String> words = new ArrayList<>();
        for (String name : List.of(key, other, third)) {
            ConfigNode configNode = name.isEmpty() ? null : app.look(name);
            ForeignSetting whole = app.setting(name);
            if (configNode instanceof Items items) {
                items.values().forEach(item -> words.add(ForeignMap.shown(item)));
            } else if (configNode != null) {
                try {
                    words.addAll(ShlexSplitter.split(ForeignMap.shown(configNode)));
                } catch (ValueException e) {
                    program.blocks(whole, e.reason());
                }
            }
            app.take(name);
        }
        return words;
    }

    // ---- how many

    private void count(boolean isNode) {
        ForeignSetting instances = app.text("instances");
        ForeignSetting mode = app.text("exec_mode");
        String word = mode == null ? "" : mode.value();
        boolean isCluster =
                isNode && (word.startsWith("cluster") || (word.isEmpty() && instances != null));
        String number = instances == null ? "1" : instances.value();
        Integer count = instances == null ? Integer.valueOf(1) : instances.number();
        boolean isFewer = count != null && count < 0;
        String workers =
                number.equals("max") || number.equals("0") || isFewer
                        ? "cpus"
                        : count != null && count > 0 && count <= 10_000 ? number : "";
        if (mode != null && !isCluster) {
            program.same(mode, "each worker is a process of its own");
        } else if (mode != null && instances == null) {
            program.same(mode, "there is one");
        }
        if (isCluster && !number.equals("1") && instances != null) {
            program.set("workers", "1");
            program.differs(
                    "workers",
                    instances,
                    "in a cluster they share a port; here let it listen on a socket of bind,"
                            + " then say workers: "
                            + (workers.isEmpty() ? "cpus" : workers));
            if (mode != null) {
                program.same(mode, "see workers");
            }
        } else if (instances != null && workers.isEmpty()) {
            program.lost("workers", instances, "expected a number, or max");
        } else if (instances != null) {
            program.set("workers", workers);
            if (isFewer) {
                program.differs(
                        "workers", instances, "one for each processor, and none of them less");
            }
        }
        ForeignSetting variable = app.text("instance_var");
        String name = variable == null ? "NODE_APP_INSTANCE" : variable.value();
        program.env(name, "${slot}");
        if (variable != null) {
            program.comment("env", variable, "the slot");
        }
        ForeignSetting counted = app.text("increment_var");
        if (counted != null) {
            program.lost("env", counted, "write ${slot} into its value");
        }
    }

    private void environment() {
        ConfigNode configNode = app.take("env");
        if (configNode instanceof Mapping map) {
            map.entries()
                    .forEach(
                            (name, entry) ->
                                    program.env(
                                            name,
                                            TemplateTextBuilder.escaped(
                                                    ForeignMap.shown(entry.value())),
                                            new ForeignSetting(
                                                    "env." + name, "", entry.value().place())));
        }
        for (String key : app.keys()) {
            if (key.startsWith("env_") && !(app.look(key) instanceof Mapping)) {
                program.lost(
                        "env-file",
                        app.setting(key),
                        "no variables of an environment; a file of them is written as env-file:"
                                + " [.env]");
                app.take(key);
            } else if (key.startsWith("env_")) {
                program.comment("env", app.setting(key), "only with --env " + key.substring(4));
                app.take(key);
            }
        }
    }

    private void identity() {
        ForeignSetting user = either("uid", "user");
        ForeignSetting group = app.text("gid");
        program.setAccount("user", user);
        program.setAccount("group", group);
    }

    // ---- how it lives

    private void restarting() {
        ForeignSetting auto = app.text("autorestart");
        ForeignSetting most = app.text("max_restarts");
        ForeignSetting uptime = app.text("min_uptime");
        ForeignSetting delay = app.text("restart_delay");
        ForeignSetting growing = app.text("exp_backoff_restart_delay");
        if (auto != null && Boolean.FALSE.equals(auto.flag())) {
            program.set("restart", "never");
            for (ForeignSetting moot : new ForeignSetting[] {most, uptime, delay, growing}) {
                if (moot != null) {
                    program.same(moot, "nothing is restarted");
                }
            }
            return;
        }
        long first = Math.max(1, millis(growing == null ? delay : growing, 0));
        Duration from = Duration.ofMillis(first);
        Duration to = growing == null ? from : MAX_DELAY;
        long up = millis(uptime, USUAL_MIN_UPTIME);
        Integer deaths = most == null ? null : program.number("restart", most, 0, 10_000);
        int count = Math.max(1, deaths == null ? USUAL_MAX_RESTARTS : deaths);
        Duration within =
                Duration.ofMillis(count * (up + (growing == null ? first : to.toMillis())));
        if (auto != null) {
            program.same(auto, "as it is here");
        }
        if (growing != null && delay != null) {
            program.same(delay, "exp_backoff_restart_delay counts");
        }
        if (most != null || uptime != null) {
            program.comment(
                    "restart", "give-up is max_restarts in a row, each younger than min_uptime");
        }
        String backoff = ImportedValues.backoff(from, growing == null ? "1" : "1.5", to);
        String giveUp = ImportedValues.giveUp(count, within);
        program.set("restart", "{ when: always, " + backoff + ", burst: 0, " + giveUp + " }");
    }

    private long millis(@Nullable ForeignSetting foreignSetting, long usual) {
        if (foreignSetting == null) {
            return usual;
        }
        Integer plain = foreignSetting.number();
        if (plain != null && plain >= 0) {
            return plain;
        }
        Duration time = ComposeService.time(foreignSetting.value());
        if (time == null) {
            program.lost("", foreignSetting, "expected milliseconds");
        }
        return time == null ? usual : time.toMillis();
    }

    private void stopping() {
        ForeignSetting kill = app.text("kill_timeout");
        ForeignSetting tree = app.text("treekill");
        Duration patience = Duration.ofMillis(millis(kill, USUAL_KILL_MILLIS));
        program.stop(Signal.INT, patience, tree == null || !Boolean.FALSE.equals(tree.flag()));
        if (tree != null) {
            program.comment("stop", tree, "see stop.to");
        }
        ForeignSetting message = app.text("shutdown_with_message");
        if (message != null && message.isTrue()) {
            program.lost("stop", message, "there is no such message; a signal is sent");
        } else if (message != null) {
            program.same(message, "as it is here");
        }
        ForeignSetting wait = app.text("wait_ready");
        ForeignSetting listen = app.text("listen_timeout");
        if (wait != null && wait.isTrue()) {
            program.differs(
                    "ack", wait, "process.send is not there; see ack for another way to say so");
        } else if (wait != null) {
            program.same(wait, "as it is here");
        }
        if (listen != null) {
            program.lost(
                    "ack",
                    listen,
                    "a worker is up when it has lived for a second, whether or not it listens; see"
                            + " ack, and ack.timeout");
        }
        ForeignSetting memory = app.text("max_memory_restart");
        Matcher size = SIZE.matcher(memory == null ? "" : memory.value());
        if (memory != null && size.matches()) {
            int shift = size.group(2).isEmpty() ? 0 : 10 * (1 + "KMG".indexOf(size.group(2)));
            program.set("memory-max", ImportedValues.size(Long.parseLong(size.group(1)) << shift));
        } else if (memory != null) {
            program.lost("memory-max", memory, "expected a size such as 200M");
        }
    }

    private void output(Path directory) {
        ForeignSetting both = either("log_file", "log");
        ForeignSetting out = either("out_file", "output");
        ForeignSetting named = either("error_file", "error");
        ForeignSetting err = named == null ? either("err_file", "err") : named;
        ForeignSetting merge = either("merge_logs", "combine_logs");
        ForeignSetting date = app.text("log_date_format");
        ForeignSetting file = out == null ? both : out;
        if (merge != null) {
            program.same(merge, "all workers write to one file");
        }
        if (file != null && file.value().matches("NULL|/dev/null")) {
            program.set("logs", "null");
        } else if (file != null) {
            program.log().file(directory.resolve(file.value()).normalize().toString());
        }
        if (err != null && file != null && err.value().equals(file.value())) {
            program.same(err, "standard error goes there, too");
        } else if (err != null) {
            program.lost("logs", err, "logs is for standard output and standard error alike");
        }
        if (both != null && out != null) {
            program.lost("logs", both, "logs is one file");
        }
        if (date != null && !program.log().path().isEmpty()) {
            program.log().rotatedFile(0, LogsSpec.KEEP, "[time]");
            program.differs("logs", date, "in UTC, as in 2026-01-31T12:00:00.000Z");
        } else if (date != null) {
            program.lost("logs", date, "only a file has times");
        }
    }

    private void reportRest(ForeignSetting foreignSetting) {
        boolean off = Boolean.FALSE.equals(foreignSetting.flag());
        String key = foreignSetting.key();
        if (key.matches(
                        "name|namespace|version|description|source_map_support|pmx|automation|vizion|"
                            + "time|post_update|disable_logs|filter_env|trace|id|autostart|ignore_watch|"
                            + "watch_(delay|options)|instance_id|append_env_to_name|disable_source_map_support")
                && !(key.equals("autostart") && off)) {
            program.same(foreignSetting, "it concerns pm2 alone, or what is not carried over");
        } else if (key.equals("autostart")) {
            program.idle(List.of(foreignSetting));
        } else if (off) {
            program.same(foreignSetting, "as it is here");
        } else if (key.equals("watch")) {
            program.lost(foreignSetting, "files are not watched; 'einhyrningsinsctl reload' it");
        } else if (key.equals("cron_restart") || key.equals("cron")) {
            program.lost(foreignSetting, "nothing is started by the clock; have cron say upgrade");
        } else {
            program.lost(foreignSetting, "nothing here is like it");
        }
    }
}
