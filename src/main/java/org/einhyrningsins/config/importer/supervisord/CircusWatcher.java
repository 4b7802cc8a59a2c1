// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ShlexSplitter;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
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
    private static final String OWN_PORT =
            "old before new, so that it may bind a port of its own; with bind, if it can take a"
                    + " socket, no request is lost";

    private final ForeignSection foreignSection;
    private final SequencedMap<String, CircusSocket> sockets;
    private final Set<String> named;
    private final Map<String, String> environment;

    /// @param sockets all of the file, by their names
    /// @param named those that some watcher names
    CircusWatcher(
            ForeignSection foreignSection,
            SequencedMap<String, CircusSocket> sockets,
            Set<String> named,
            Map<String, String> environment) {
        this.foreignSection = foreignSection;
        this.sockets = sockets;
        this.named = named;
        this.environment = environment;
    }

    /// The sockets that a watcher names.
    static Set<String> sockets(ForeignSection watcher) {
        Set<String> sockets = new TreeSet<>();
        for (String key : List.of("cmd", "args", "shell_args")) {
            ForeignSetting foreignSetting = watcher.look(key);
            sockets.addAll(
                    CircusVariables.sockets(foreignSetting == null ? "" : foreignSetting.value()));
        }
        ForeignSetting stdin = watcher.look("stdin_socket");
        if (stdin != null) {
            sockets.add(stdin.value().toLowerCase(Locale.ROOT));
        }
        return sockets;
    }

    /// @param environments the sections with its variables
    void write(ImportedServices draft, List<ForeignSection> environments) {
        if (!foreignSection.has("cmd")) {
            draft.lostWhole(foreignSection, "it has no cmd");
            return;
        }
        ImportedProgram program = draft.program(foreignSection.title());
        Map<String, String> own = new LinkedHashMap<>();
        CircusVariables texts = new CircusVariables(own, environment);
        for (ForeignSection variables : environments) {
            environment(variables.copy(), program, texts, own);
        }
        new Writing(program, texts).write();
    }

    private static void environment(
            ForeignSection variables,
            ImportedProgram program,
            CircusVariables texts,
            Map<String, String> own) {
        for (ForeignSetting foreignSetting : variables.takeRest()) {
            try {
                for (String variable : texts.unset(foreignSetting.value())) {
                    throw new ValueException(variable + " is not set where this was imported");
                }
                String value = texts.withVariables(foreignSetting.value());
                own.put(foreignSetting.key(), value);
                program.env(foreignSetting.key(), value, foreignSetting);
            } catch (ValueException e) {
                program.blocks(foreignSetting, e.reason());
            }
        }
    }

    /// State of the writing of one program.
    private final class Writing {
        private final CircusContext context;
        private final ImportedProgram program;
        private final CircusVariables texts;

        private final int workers;
        private final boolean differs;

        Writing(ImportedProgram program, CircusVariables texts) {
            this.context = new CircusContext(program, foreignSection, texts);
            this.program = program;
            this.texts = texts;
            ForeignSetting count = foreignSection.look("numprocesses");
            Integer number = count == null ? null : count.number();
            this.workers = number == null ? 1 : number;
            this.differs = (value("cmd") + value("args")).toLowerCase(Locale.ROOT).contains("wid");
        }

        private String value(String key) {
            ForeignSetting foreignSetting = foreignSection.look(key);
            return foreignSetting == null ? "" : foreignSetting.value();
        }

        void write() {
            bind();
            command();
            count();
            identity();
            environment();
            restarting();
            stopping();
            aging();
            new CircusLogs(context).write();
            replacing();
            for (ForeignSetting foreignSetting : foreignSection.takeRest()) {
                if (foreignSetting.key().equals("use_papa")) {
                    program.same(foreignSetting, "the manager itself keeps its sockets");
                } else if (foreignSetting.key().equals("warmup_delay")
                        && foreignSetting.value().equals("0")) {
                    program.same(foreignSetting, "as it is here");
                } else {
                    program.lost(foreignSetting, whyNot(foreignSetting.key()));
                }
            }
        }

        private void bind() {
            ForeignSetting use = foreignSection.take("use_sockets");
            Set<String> mine = sockets(foreignSection);
            boolean all = mine.isEmpty() && use != null && use.isTrue();
            for (CircusSocket socket : sockets.values()) {
                if (mine.contains(socket.name()) || (all && !named.contains(socket.name()))) {
                    socket.write(program, texts);
                }
            }
            if (use != null) {
                program.same(use, "a program has the sockets that it names");
            }
            ForeignSetting stdin = foreignSection.take("stdin_socket");
            if (stdin != null) {
                String name =
                        ImportedServices.plainName(
                                stdin.value().toLowerCase(Locale.ROOT), "socket");
                if (program.hasSocket(name)) {
                    program.text("stdin", name);
                } else {
                    program.blocks(stdin, "the program has no such socket");
                }
            }
        }

        private void command() {
            ForeignSetting cmd = Objects.requireNonNull(foreignSection.take("cmd"));
            ForeignSetting args = foreignSection.take("args");
            ForeignSetting shell = foreignSection.take("shell");
            ForeignSetting more = foreignSection.take("shell_args");
            String line = cmd.value() + (args == null ? "" : " " + args.value());
            boolean byShell = shell != null && shell.isTrue();
            ForeignSetting executable = byShell ? foreignSection.take("executable") : null;
            try {
                for (String socket : CircusVariables.sockets(line)) {
                    if (!program.hasSocket(ImportedServices.plainName(socket, "socket"))) {
                        throw new ValueException(
                                "the program has no socket " + TextUtil.quoted(socket));
                    }
                }
                if (byShell) {
                    List<String> words = new ArrayList<>();
                    words.add(executable == null ? "/bin/sh" : executable.value());
                    words.add("-c");
                    words.add(texts.withPlaces(line.replace('\n', ' ')));
                    for (String word : ShlexSplitter.split(more == null ? "" : more.value())) {
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
                    throw new ValueException("a shell reads it");
                }
            } catch (ValueException e) {
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
                program.comment("rollout", OWN_PORT);
            }
        }

        private void count() {
            program.workers(foreignSection.take("numprocesses"));
            ForeignSetting singleton = foreignSection.take("singleton");
            if (singleton != null && singleton.isTrue()) {
                program.set("workers", "1");
                program.set("rollout", "{ strategy: replace }");
                program.comment("rollout", singleton, "never two at once");
            } else if (singleton != null) {
                program.same(singleton, "numprocesses says how many");
            }
            ForeignSetting autostart = foreignSection.take("autostart");
            if (autostart != null && Boolean.FALSE.equals(autostart.flag())) {
                program.idle(List.of(autostart));
            } else if (autostart != null) {
                program.same(autostart, "as it is here");
            }
            ForeignSetting priority = foreignSection.take("priority");
            if (priority != null) {
                program.same(
                        priority,
                        "carried over as the order of this file; there, too, none waits for the"
                                + " one before");
            }
        }

        private void identity() {
            program.setAccount("user", context.expanded("uid"));
            program.setAccount("group", context.expanded("gid"));
            program.text("directory", context.expanded("working_dir"));
            SequencedMap<String, String> limits = new LinkedHashMap<>();
            for (ForeignSetting foreignSetting :
                    foreignSection.takeAll(key -> key.startsWith("rlimit_"))) {
                String resource = foreignSetting.key().substring(7).toLowerCase(Locale.ROOT);
                boolean unlimited =
                        foreignSetting.value().isEmpty() || foreignSetting.value().equals("-1");
                if (!isResource(resource)
                        || !(unlimited || foreignSetting.value().matches("[0-9]{1,15}"))) {
                    program.lost(
                            "limits", foreignSetting, "not a limit of setrlimit(2), or no number");
                } else {
                    limits.put(resource, unlimited ? "unlimited" : plain(foreignSetting));
                }
            }
            program.limits(limits);
        }

        private static String plain(ForeignSetting number) {
            return Long.toString(Long.parseLong(number.value()));
        }

        private static boolean isResource(String name) {
            for (Resource resource : Resource.values()) {
                if (ConfigShape.word(resource).equals(name)) {
                    return true;
                }
            }
            return false;
        }

        private void environment() {
            ForeignSetting copy = foreignSection.take("copy_env");
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
            ForeignSetting respawn = foreignSection.take("respawn");
            ForeignSetting retry = foreignSection.take("max_retry");
            boolean never = respawn != null && Boolean.FALSE.equals(respawn.flag());
            if (respawn != null) {
                program.set("restart", never ? "never" : "always");
                program.comment("restart", respawn, never ? "never" : "always");
            }
            if (retry != null) {
                giveUp(retry, never);
            }
        }

        private void giveUp(ForeignSetting retry, boolean never) {
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

        private void aging() {
            ForeignSetting age = foreignSection.take("max_age");
            Duration lifetime = age == null ? null : seconds(age, "max-age");
            if (age != null && lifetime != null) {
                program.setIfKnown("max-age", ImportedValues.time(lifetime), age);
            }
        }

        private void stopping() {
            Signal signal = program.signal(foreignSection.take("stop_signal"), Signal.TERM);
            ForeignSetting patience = foreignSection.take("graceful_timeout");
            Duration time = patience == null ? Duration.ofSeconds(30) : seconds(patience, "stop");
            Duration given = time == null ? Duration.ofSeconds(30) : time;
            ForeignSetting children = foreignSection.take("stop_children");
            boolean group = children != null && children.isTrue();
            program.stop(signal, given, group);
            if (children != null && group) {
                program.comment("stop", children, "see stop.to");
            } else if (children != null) {
                program.same(children, "as it is here");
            }
        }

        private @Nullable Duration seconds(ForeignSetting foreignSetting, String key) {
            if (!foreignSetting.value().matches("[0-9]{1,9}([.][0-9]{1,3})?")) {
                program.lost(key, foreignSetting, "expected a number of seconds");
                return null;
            }
            return Duration.ofMillis(Math.round(Double.parseDouble(foreignSetting.value()) * 1000));
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
