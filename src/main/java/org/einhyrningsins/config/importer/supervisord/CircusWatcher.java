// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.DraftFile;
import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.Section;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.PosixWords;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.spec.IdentitySpec.Resource;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Imports a `[watcher:x]` of circus.
final class CircusWatcher {
    private static final long MOST_BYTES = 1L << 50;
    private static final String OWN_PORT =
            "old before new, so that it may bind a port of its own; with bind, if it can take a"
                    + " socket, no request is lost";

    private final Section section;
    private final SequencedMap<String, CircusSocket> sockets;
    private final Set<String> named;
    private final Map<String, String> environment;

    /// @param sockets all of the file, by their names
    /// @param named those that some watcher names
    CircusWatcher(
            Section section,
            SequencedMap<String, CircusSocket> sockets,
            Set<String> named,
            Map<String, String> environment) {
        this.section = section;
        this.sockets = sockets;
        this.named = named;
        this.environment = environment;
    }

    /// The sockets that a watcher names.
    static Set<String> sockets(Section watcher) {
        Set<String> sockets = new TreeSet<>();
        for (String key : List.of("cmd", "args", "shell_args")) {
            Setting setting = watcher.look(key);
            sockets.addAll(CircusText.sockets(setting == null ? "" : setting.value()));
        }
        Setting stdin = watcher.look("stdin_socket");
        if (stdin != null) {
            sockets.add(stdin.value().toLowerCase(Locale.ROOT));
        }
        return sockets;
    }

    /// @param environments the sections with its variables
    void write(DraftFile draft, List<Section> environments) {
        if (!section.has("cmd")) {
            draft.lostWhole(section, "it has no cmd");
            return;
        }
        DraftProgram program = draft.program(section.title());
        Map<String, String> own = new LinkedHashMap<>();
        CircusText texts = new CircusText(own, environment);
        for (Section variables : environments) {
            environment(variables.copy(), program, texts, own);
        }
        new Writing(program, texts).write();
    }

    private static void environment(
            Section variables, DraftProgram program, CircusText texts, Map<String, String> own) {
        for (Setting setting : variables.takeRest()) {
            try {
                for (String variable : texts.unset(setting.value())) {
                    throw new Misread(variable + " is not set where this was imported");
                }
                String value = texts.withVariables(setting.value());
                own.put(setting.key(), value);
                program.env(setting.key(), value, setting);
            } catch (Misread e) {
                program.blocks(setting, e.reason());
            }
        }
    }

    /// One program being written.
    private final class Writing {
        private final DraftProgram program;
        private final CircusText texts;

        private final int workers;
        private final boolean differs;

        Writing(DraftProgram program, CircusText texts) {
            this.program = program;
            this.texts = texts;
            Setting count = section.look("numprocesses");
            Integer number = count == null ? null : count.number();
            this.workers = number == null ? 1 : number;
            this.differs = (value("cmd") + value("args")).toLowerCase(Locale.ROOT).contains("wid");
        }

        private String value(String key) {
            Setting setting = section.look(key);
            return setting == null ? "" : setting.value();
        }

        void write() {
            bind();
            command();
            count();
            identity();
            environment();
            restarting();
            stopping();
            output();
            replacing();
            for (Setting setting : section.takeRest()) {
                if (setting.key().equals("use_papa")) {
                    program.same(setting, "the manager itself keeps its sockets");
                } else if (setting.key().equals("warmup_delay") && setting.value().equals("0")) {
                    program.same(setting, "as it is here");
                } else {
                    program.lost(setting, whyNot(setting.key()));
                }
            }
        }

        private void bind() {
            Setting use = section.take("use_sockets");
            Set<String> mine = sockets(section);
            boolean all = mine.isEmpty() && use != null && use.isTrue();
            for (CircusSocket socket : sockets.values()) {
                if (mine.contains(socket.name()) || (all && !named.contains(socket.name()))) {
                    socket.write(program, texts);
                }
            }
            if (use != null) {
                program.same(use, "a program has the sockets that it names");
            }
            Setting stdin = section.take("stdin_socket");
            if (stdin != null) {
                String name = DraftFile.plainName(stdin.value().toLowerCase(Locale.ROOT), "socket");
                if (program.hasSocket(name)) {
                    program.text("stdin", name);
                } else {
                    program.blocks(stdin, "the program has no such socket");
                }
            }
        }

        private void command() {
            Setting cmd = Objects.requireNonNull(section.take("cmd"));
            Setting args = section.take("args");
            Setting shell = section.take("shell");
            Setting more = section.take("shell_args");
            String line = cmd.value() + (args == null ? "" : " " + args.value());
            boolean byShell = shell != null && shell.isTrue();
            Setting executable = byShell ? section.take("executable") : null;
            try {
                for (String socket : CircusText.sockets(line)) {
                    if (!program.hasSocket(DraftFile.plainName(socket, "socket"))) {
                        throw new Misread("the program has no socket " + Texts.quoted(socket));
                    }
                }
                if (byShell) {
                    List<String> words = new ArrayList<>();
                    words.add(executable == null ? "/bin/sh" : executable.value());
                    words.add("-c");
                    words.add(texts.withPlaces(line.replace('\n', ' ')));
                    for (String word : PosixWords.split(more == null ? "" : more.value())) {
                        words.add(texts.withPlaces(word));
                    }
                    program.command(words);
                } else {
                    program.command(texts.command(line).command());
                }
                for (String variable : texts.unset(line)) {
                    program.blocks(cmd, variable + " is not set where this was imported");
                }
                if (byShell && !texts.unset(line).isEmpty()) {
                    throw new Misread("a shell reads it");
                }
            } catch (Misread e) {
                program.noCommand(cmd, e.reason());
                if (args != null) {
                    program.same(args, "it belongs to a cmd that is not run");
                }
            }
            if (more != null && (shell == null || !shell.isTrue())) {
                program.same(more, "without shell = True it has no meaning");
            }
            if (shell != null && !shell.isTrue()) {
                program.same(shell, "no shell reads it here, either");
            }
            if (line.toLowerCase(Locale.ROOT).matches("(?s).*(circus[.]|\\$)wid\\b.*")) {
                program.differs("command", "the worker's id is ${slot}: from 0, not from 1");
            }
        }

        /// Several processes that differ in nothing share no port of their own, so two versions can
        /// run at once, too.
        private void replacing() {
            boolean several = workers > 1 && !differs;
            if (program.firstSocket() == null && !several && !program.has("rollout")) {
                program.set("rollout", "{ strategy: replace }");
                program.say("rollout", OWN_PORT);
            }
        }

        private void count() {
            program.workers(section.take("numprocesses"));
            Setting singleton = section.take("singleton");
            if (singleton != null && singleton.isTrue()) {
                program.set("workers", "1");
                program.set("rollout", "{ strategy: replace }");
                program.say("rollout", singleton, "never two at once");
            } else if (singleton != null) {
                program.same(singleton, "numprocesses says how many");
            }
            Setting autostart = section.take("autostart");
            if (autostart != null && Boolean.FALSE.equals(autostart.flag())) {
                program.idle(List.of(autostart));
            } else if (autostart != null) {
                program.same(autostart, "as it is here");
            }
            Setting priority = section.take("priority");
            if (priority != null) {
                program.same(
                        priority,
                        "carried over as the order of this file; there, too, none waits for the"
                                + " one before");
            }
        }

        private void identity() {
            program.who("user", settled("uid"));
            program.who("group", settled("gid"));
            program.text("directory", settled("working_dir"));
            SequencedMap<String, String> limits = new LinkedHashMap<>();
            for (Setting setting : section.takeAll(key -> key.startsWith("rlimit_"))) {
                String resource = setting.key().substring(7).toLowerCase(Locale.ROOT);
                boolean unlimited = setting.value().isEmpty() || setting.value().equals("-1");
                if (!isResource(resource)
                        || !(unlimited || setting.value().matches("[0-9]{1,15}"))) {
                    program.lost("limits", setting, "not a limit of setrlimit(2), or no number");
                } else {
                    limits.put(resource, unlimited ? "unlimited" : plain(setting));
                }
            }
            program.limits(limits);
        }

        private static String plain(Setting number) {
            return Long.toString(Long.parseLong(number.value()));
        }

        private static boolean isResource(String name) {
            for (Resource resource : Resource.values()) {
                if (Shape.word(resource).equals(name)) {
                    return true;
                }
            }
            return false;
        }

        private @Nullable Setting settled(String key) {
            Setting setting = section.take(key);
            try {
                return setting == null ? null : setting.withValue(texts.settled(setting.value()));
            } catch (Misread e) {
                program.blocks(Objects.requireNonNull(setting), e.reason());
                return null;
            }
        }

        private void environment() {
            Setting copy = section.take("copy_env");
            String inherit = "workers inherit the manager's environment; see drop-env";
            if (copy != null && copy.isTrue()) {
                program.same(copy, "workers inherit the manager's environment");
            } else if (copy != null) {
                program.differs("env", copy, inherit);
            } else {
                program.differs(
                        "env", "without copy_env circus gives them an empty one; " + inherit);
            }
        }

        private void restarting() {
            Setting respawn = section.take("respawn");
            Setting retry = section.take("max_retry");
            boolean never = respawn != null && Boolean.FALSE.equals(respawn.flag());
            if (respawn != null) {
                program.set("restart", never ? "never" : "always");
                program.say("restart", respawn, never ? "never" : "always");
            }
            if (retry != null) {
                giveUp(retry, never);
            }
        }

        private void giveUp(Setting retry, boolean never) {
            Integer retries = program.number("restart", retry, -1, 10_000);
            if (retries != null && retries > 0 && !never) {
                program.set(
                        "restart",
                        "{ when: always, give-up: { deaths: " + retries + ", within: 1m } }");
                program.differs("restart", retry, "deaths within a minute, not starts that fail");
            } else if (retries != null && retries < 0) {
                program.same(retry, "as it is here: it is never given up");
            } else if (retries != null) {
                program.same(retry, "there is nothing to give up");
            }
        }

        private void stopping() {
            Signal signal = program.signal(section.take("stop_signal"), Signal.TERM);
            Setting patience = section.take("graceful_timeout");
            Duration time = patience == null ? Duration.ofSeconds(30) : seconds(patience, "stop");
            Duration given = time == null ? Duration.ofSeconds(30) : time;
            Setting children = section.take("stop_children");
            boolean group = children != null && children.isTrue();
            program.stop(signal, given, group);
            if (children != null && group) {
                program.say("stop", children, "see stop.to");
            } else if (children != null) {
                program.same(children, "as it is here");
            }
        }

        private @Nullable Duration seconds(Setting setting, String key) {
            if (!setting.value().matches("[0-9]{1,9}([.][0-9]{1,3})?")) {
                program.lost(key, setting, "expected a number of seconds");
                return null;
            }
            return Duration.ofMillis(Math.round(Double.parseDouble(setting.value()) * 1000));
        }

        private void output() {
            Setting age = section.take("max_age");
            Duration lifetime = age == null ? null : seconds(age, "max-age");
            if (age != null && lifetime != null) {
                program.later("max-age", DraftProgram.time(lifetime), age);
            }
            for (String stream : List.of("stdout_stream", "stderr_stream")) {
                stream(stream);
            }
            Setting out = section.take("close_child_stdout");
            Setting err = section.take("close_child_stderr");
            boolean both = out != null && err != null && out.isTrue() && err.isTrue();
            if (both) {
                program.set("logs", "null");
            }
            for (Setting setting : new Setting[] {out, err}) {
                if (setting != null && setting.isTrue() && !both) {
                    program.lost("logs", setting, "one of the two alone is not closed");
                } else if (setting != null && !both) {
                    program.same(setting, "as it is here");
                }
            }
            Setting in = section.take("close_child_stdin");
            if (in != null && in.isTrue()) {
                program.same(in, "standard input is /dev/null, as it is here");
            } else if (in != null) {
                program.lost(in, "standard input is /dev/null, or a socket by stdin");
            }
        }

        /// What is written to a file keeps its file; anything else is the manager's.
        private void stream(String stream) {
            Setting type = section.take(stream + ".class");
            Setting file = settled(stream + ".filename");
            String name = type == null ? "FileStream" : type.value();
            String path = file == null ? "" : file.value();
            boolean first = stream.equals("stdout_stream");
            String writes = "workers write there themselves";
            if (!path.isEmpty() && (first || !program.has("logs"))) {
                program.log(path);
                writes = kept(stream) ? "the manager writes there" : writes;
            }
            if (file != null && (first || path.equals(program.log()))) {
                program.same(file, writes);
            } else if (file != null) {
                program.lost("logs", file, "logs is for standard output and standard error alike");
            }
            if (type != null && name.endsWith("FileStream")) {
                program.same(type, writes);
            } else if (type != null && name.endsWith("StdoutStream") && first) {
                program.set("logs", "inherit");
            } else if (type != null && name.endsWith("StdoutStream")) {
                program.differs("logs", type, "standard error goes where it goes, see logs");
            } else if (type != null) {
                program.lost("logs", type, "output goes to a file, or where the manager's does");
            }
            for (Setting setting : section.takeAll(key -> key.startsWith(stream + "."))) {
                boolean rotates = setting.key().contains(".rotate_");
                program.lost("logs", setting, rotates ? "see logs.max-age" : "see logs");
            }
        }

        /// What the manager is to do with the file.
        ///
        /// @return whether it is the manager that writes there
        private boolean kept(String stream) {
            Setting most = section.take(stream + ".max_bytes");
            int keep = program.kept(section.take(stream + ".backup_count"), 0);
            long bytes = bytes(most);
            if (most != null && bytes > 0 && keep == 0) {
                program.same(most, "it has no effect without backup_count there");
                bytes = 0;
            } else if (most != null && bytes > 0 && bytes < LogsSpec.LEAST_BYTES) {
                program.lost("logs", most, "expected 4096 at least");
                bytes = 0;
            }
            Setting time = section.take(stream + ".time_format");
            if (time != null) {
                program.differs("logs", time, "in UTC, as in 2026-01-31T12:00:00.000Z");
            }
            boolean kept = bytes > 0 || time != null;
            if (kept) {
                program.keptLog(bytes, keep, time == null ? "" : "[time, pid]");
            }
            return kept;
        }

        /// 0 if there is no bound.
        private long bytes(@Nullable Setting most) {
            boolean number = most != null && most.value().matches("[0-9]{1,15}");
            long bytes = number && most != null ? Long.parseLong(most.value()) : 0;
            if (most != null && (!number || bytes > MOST_BYTES)) {
                program.lost("logs", most, "expected a number of bytes");
            }
            return bytes > MOST_BYTES ? 0 : bytes;
        }

        private static String whyNot(String key) {
            if (key.startsWith("hooks.")) {
                return "there are no hooks; put it into the program, or a script around it";
            }
            return switch (key) {
                case "warmup_delay" ->
                        "workers are started at once; see rollout for replacing them";
                case "max_age_variance" -> "how much it varies is not said here";
                case "on_demand" -> "workers are started with the manager, not by a connection";
                case "send_hup" -> "'einhyrningsinsctl signal HUP' does that when it is asked to";
                case "copy_path" -> "set PYTHONPATH in env";
                case "virtualenv", "virtualenv_py_ver" ->
                        "name the virtualenv's own python in command";
                case "executable" -> "the first word of command is what runs";
                case "check_flapping" -> "see restart.give-up";
                default -> "nothing here is like it";
            };
        }
    }
}
