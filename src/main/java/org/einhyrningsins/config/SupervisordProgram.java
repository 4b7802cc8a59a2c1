// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Imports a `[program:x]` or `[fcgi-program:x]` of supervisord.
final class SupervisordProgram {
    /// More processes that each are a program of their own nobody wants to see.
    private static final int MAX_UNFOLDED = 100;

    private static final long USUAL_BYTES = 50L << 20;
    private static final int USUAL_BACKUPS = 10;
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})(KB|MB|GB)?");

    private static final Set<String> TO_MANAGER =
            Set.of("NONE", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2");

    private final Section section;
    private final @Nullable Section group;
    private final Map<String, String> common;
    private final Map<String, String> environment;

    /// @param group the one that the program is in; null for none
    /// @param common what `%(NAME)s` stands for in every program
    SupervisordProgram(
            Section section,
            @Nullable Section group,
            Map<String, String> common,
            Map<String, String> environment) {
        this.section = section;
        this.group = group;
        this.common = common;
        this.environment = environment;
    }

    void write(DraftFile draft) {
        if (!section.has("command")) {
            draft.lostWhole(section, "it has no command");
            return;
        }
        int workers = workers();
        int first = first();
        if (workers > 1 && workers <= MAX_UNFOLDED && isUnfolded(first)) {
            for (int number = first; number < first + workers; number++) {
                String name = section.title() + "-" + String.format("%02d", number);
                write(draft, name, number, section.copy());
            }
        } else {
            write(draft, section.title(), workers == 1 ? first : null, section);
        }
    }

    private int workers() {
        Integer number = numberOf("numprocs");
        return number == null ? 1 : number;
    }

    private int first() {
        Integer number = numberOf("numprocs_start");
        return number == null ? 0 : number;
    }

    private @Nullable Integer numberOf(String key) {
        Setting setting = section.look(key);
        Integer number = setting == null ? null : setting.number();
        return number == null || number < 0 || number > 10_000 ? null : number;
    }

    /// Whether each process differs from the others in what no `${slot}` can say.
    private boolean isUnfolded(int first) {
        boolean unfolded = false;
        for (String key : List.of("command", "environment")) {
            String text = valueOf(key);
            unfolded |= SupervisordText.needsNumber(text);
            unfolded |= first != 0 && SupervisordText.hasNumber(text);
        }
        return unfolded
                || SupervisordText.hasNumber(valueOf("directory"))
                || SupervisordText.hasNumber(valueOf("socket"));
    }

    private String valueOf(String key) {
        Setting setting = section.look(key);
        return setting == null ? "" : setting.value();
    }

    private void write(DraftFile draft, String name, @Nullable Integer number, Section settings) {
        DraftProgram program = draft.program(name);
        Map<String, String> names = new HashMap<>(common);
        names.put("program_name", section.title());
        names.put("group_name", group == null ? section.title() : group.title());
        names.put("numprocs", Integer.toString(workers()));
        Map<String, String> own = new LinkedHashMap<>();
        SupervisordText texts = new SupervisordText(names, number, environment, own);
        Setting variables = settings.take("environment");
        environment(variables, texts, program);
        own.putAll(settled(variables, texts));
        if (group != null) {
            program.say("was in " + group.name() + " of supervisord");
        }
        new Writing(program, settings, texts, number).write();
    }

    private static Map<String, String> settled(@Nullable Setting setting, SupervisordText texts) {
        Map<String, String> settled = new LinkedHashMap<>();
        try {
            Map<String, String> pairs = setting == null ? Map.of() : pairs(setting.value());
            for (Map.Entry<String, String> pair : pairs.entrySet()) {
                if (!SupervisordText.hasNumber(pair.getValue())) {
                    settled.put(pair.getKey(), texts.settled(pair.getValue()));
                }
            }
        } catch (Misread _) {
            // said already, where the environment was written
            return settled;
        }
        return settled;
    }

    /// Writes `environment` of a program, or of all.
    static void environment(
            @Nullable Setting setting, SupervisordText texts, DraftProgram program) {
        if (setting == null) {
            return;
        }
        try {
            for (Map.Entry<String, String> pair : pairs(setting.value()).entrySet()) {
                program.env(pair.getKey(), texts.withPlaces(pair.getValue()), setting);
            }
        } catch (Misread e) {
            program.lost("env", setting, e.reason());
        }
    }

    /// `KEY="value",KEY2=value2`, over several lines too.
    static Map<String, String> pairs(String text) throws Misread {
        Map<String, String> pairs = new LinkedHashMap<>();
        int at = 0;
        while (at < text.length()) {
            if (text.charAt(at) == ',' || Character.isWhitespace(text.charAt(at))) {
                at++;
                continue;
            }
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                throw new Misread("expected KEY=\"VALUE\" pairs with commas between them");
            }
            int from = equals + 1;
            char quote = from < text.length() ? text.charAt(from) : ' ';
            boolean quoted = quote == '"' || quote == '\'';
            int end = quoted ? text.indexOf(quote, from + 1) : text.indexOf(',', from);
            if (quoted && end < 0) {
                throw new Misread("a quote is not closed");
            }
            end = end < 0 ? text.length() : end;
            pairs.put(
                    text.substring(at, equals).strip(),
                    text.substring(quoted ? from + 1 : from, end).strip());
            at = end + 1;
        }
        return pairs;
    }

    /// One program being written.
    private final class Writing {
        private final DraftProgram program;
        private final Section settings;
        private final SupervisordText texts;
        private final @Nullable Integer number;

        Writing(
                DraftProgram program,
                Section settings,
                SupervisordText texts,
                @Nullable Integer number) {
            this.program = program;
            this.settings = settings;
            this.texts = texts;
            this.number = number;
        }

        void write() {
            command();
            count();
            identity();
            starting();
            restarting();
            stopping();
            output();
            socket();
            for (Setting setting : settings.takeRest()) {
                program.lost(setting, whyNot(setting.key()));
            }
        }

        private void command() {
            Setting setting = settings.take("command");
            List<String> words = new ArrayList<>();
            try {
                String text = setting == null ? "" : setting.value();
                for (String word : PosixWords.split(text)) {
                    words.add(texts.withPlaces(word));
                }
                if (words.isEmpty() || words.getFirst().isEmpty()) {
                    throw new Misread("it is empty");
                }
                program.command(words);
            } catch (Misread e) {
                program.noCommand(Objects.requireNonNull(setting), e.reason());
            }
        }

        private void count() {
            Setting workers = settings.take("numprocs");
            Setting first = settings.take("numprocs_start");
            if (number == null || workers() == 1) {
                program.workers(workers);
            } else if (workers != null) {
                program.say(
                        "one of the processes of " + workers + ", which differ from each other");
            }
            if (first != null && number == null) {
                program.lost("workers", first, "slots are numbered from 0");
            } else if (first != null) {
                program.say(first + ": carried over as the number " + number);
            }
            Setting name = settings.take("process_name");
            if (name != null) {
                program.lost(name, "workers are called PROGRAM:SLOT");
            }
            if (number == null && workers() > 1) {
                program.say("%(process_num)s is ${slot}, which a replaced worker hands on");
            }
            Setting autostart = settings.take("autostart");
            if (autostart != null && Boolean.FALSE.equals(autostart.flag())) {
                program.set("workers", "0");
                program.say(
                        "workers",
                        autostart,
                        "nothing runs until 'einhyrningsinsctl scale "
                                + program.name()
                                + " "
                                + workers()
                                + "'");
            } else if (autostart != null && autostart.isTrue()) {
                program.say("workers", autostart, "as it is here");
            } else if (autostart != null) {
                program.lost("workers", autostart, "not a flag");
            }
            Setting priority = settings.take("priority");
            if (priority != null) {
                program.say(
                        priority
                                + ": carried over as the order of this file; none waits for the"
                                + " one before");
            }
        }

        private void identity() {
            program.text("user", settled("user"));
            program.text("directory", settled("directory"));
            program.umask(settings.take("umask"));
        }

        private @Nullable Setting settled(String key) {
            Setting setting = settings.take(key);
            try {
                return setting == null ? null : setting.withValue(texts.settled(setting.value()));
            } catch (Misread e) {
                program.lost(key, Objects.requireNonNull(setting), e.reason());
                return null;
            }
        }

        private void starting() {
            Setting seconds = settings.take("startsecs");
            Integer time =
                    seconds == null ? null : program.number("ack", seconds, 0, 1_000_000_000);
            if (time != null) {
                String after = DraftProgram.time(Duration.ofSeconds(time));
                program.set("ack", "{ mode: timer, after: " + after + " }");
            }
        }

        private void restarting() {
            Setting restart = settings.take("autorestart");
            String when =
                    switch (restart == null
                            ? "unexpected"
                            : restart.value().toLowerCase(Locale.ROOT)) {
                        case "unexpected" -> "on-failure";
                        case "false", "no", "off", "0", "f", "n" -> "never";
                        case "true", "yes", "on", "1", "t", "y" -> "always";
                        default -> "";
                    };
            if (when.isEmpty() && restart != null) {
                program.lost("restart", restart, "expected true, false or unexpected");
            }
            String rest = giveUp();
            String word = when.isEmpty() ? "on-failure" : when;
            program.set("restart", rest.isEmpty() ? word : "{ when: " + word + rest + " }");
            Setting codes = settings.take("exitcodes");
            if (codes != null && codes.value().equals("0")) {
                program.say("restart", codes, "as it is here: 0 alone is expected");
            } else if (codes != null) {
                program.lost("restart", codes, "0 alone is an expected status here");
            }
        }

        /// So many failed starts in a row, with the time they take under our growing delays.
        private String giveUp() {
            Setting setting = settings.take("startretries");
            Integer retries = setting == null ? null : program.number("restart", setting, 0, 1000);
            if (retries == null) {
                return "";
            }
            Setting seconds = section.look("startsecs");
            Integer given = seconds == null ? null : seconds.number();
            long start = given == null ? 1 : Math.clamp(given, 0, 86_400);
            long waits = 0;
            for (int i = 0; i < retries; i++) {
                waits += Math.min(30, 1L << Math.min(i, 5));
            }
            int deaths = Math.min(10_000, (retries + 1) * Math.max(1, workers()));
            String within =
                    DraftProgram.time(Duration.ofSeconds((retries + 1) * (start + 1) + waits));
            program.say(
                    "restart",
                    Objects.requireNonNull(setting),
                    "carried over as give-up: the deaths of all its workers are counted, in a time"
                            + " in which so many starts can fail");
            return ", backoff: { first: 1s, factor: 2, max: 30s }, give-up: { deaths: "
                    + deaths
                    + ", within: "
                    + within
                    + " }";
        }

        private void stopping() {
            Signal signal = program.signal(settings.take("stopsignal"), Signal.TERM);
            Setting wait = settings.take("stopwaitsecs");
            Integer seconds = wait == null ? null : program.number("stop", wait, 0, 1_000_000_000);
            Setting stop = settings.take("stopasgroup");
            boolean group = stop != null && stop.isTrue();
            program.stop(signal, Duration.ofSeconds(seconds == null ? 10 : seconds), group);
            if (stop != null) {
                String who = group ? "all of its process group" : "the worker alone";
                program.say("stop", stop, "the first signal goes to " + who);
            }
            Setting kill = settings.take("killasgroup");
            if (kill != null) {
                program.say("stop", kill, "KILL always goes to the worker's process group");
            }
        }

        private void output() {
            Setting redirect = settings.take("redirect_stderr");
            Setting out = settings.take("stdout_logfile");
            Setting err = settings.take("stderr_logfile");
            if (out != null) {
                log(out);
            }
            bounds(
                    settings.take("stdout_logfile_maxbytes"),
                    settings.take("stdout_logfile_backups"));
            String both = "standard output and standard error go to one place, see logs";
            if (redirect != null) {
                program.say("logs", redirect, both);
            }
            if (err != null && out != null && err.value().equals(out.value())) {
                program.say("logs", err, both);
            } else if (err != null) {
                program.lost("logs", err, both);
            }
            otherStreams();
        }

        private void log(Setting setting) {
            String value = setting.value();
            if (value.equals("AUTO")) {
                program.lost("logs", setting, "there are no log files but those that are named");
                return;
            } else if (value.equals("syslog")) {
                program.lost("logs", setting, "workers do not log to the system's log");
                return;
            }
            try {
                String path = texts.settled(value);
                if (path.equals("NONE")) {
                    program.set("logs", "null");
                } else if (TO_MANAGER.contains(path)) {
                    program.set("logs", "inherit");
                } else {
                    program.log(path);
                }
                if (number == null && SupervisordText.hasNumber(value)) {
                    program.say("logs", setting, "one file for all workers");
                }
            } catch (Misread e) {
                program.lost("logs", setting, e.reason());
            }
        }

        /// A file is bounded where nothing is said, too.
        private void bounds(@Nullable Setting most, @Nullable Setting backups) {
            boolean file = !program.log().isEmpty();
            for (Setting setting : Arrays.asList(most, backups)) {
                if (setting != null && !file) {
                    program.lost("logs", setting, "only a file is put aside");
                }
            }
            Long bytes = most == null ? Long.valueOf(USUAL_BYTES) : bytes(most);
            Integer keep =
                    backups == null || !file
                            ? Integer.valueOf(USUAL_BACKUPS)
                            : program.number("logs", backups, 0, LogsReader.MOST_KEPT);
            if (!file || bytes == null || keep == null || bytes == 0) {
                return;
            }
            if (most == null) {
                program.say("supervisord begins a new log file at 50MB where nothing is said");
            }
            if (keep == 0 && backups != null) {
                program.say("logs", backups, "one is kept at least");
            }
            program.keptLog(bytes, Math.max(1, keep), "");
        }

        /// As supervisord reads it: a number, and KB, MB or GB.
        private @Nullable Long bytes(Setting setting) {
            Matcher size = SIZE.matcher(setting.value().toUpperCase(Locale.ROOT));
            if (!size.matches()) {
                program.lost("logs", setting, "expected a size such as 50MB");
                return null;
            }
            String unit = size.group(2) == null ? "" : size.group(2);
            long bytes = Long.parseLong(size.group(1)) << (10 * " KMG".indexOf(first(unit)));
            if (bytes > 0 && bytes < LogsSpec.LEAST_BYTES) {
                program.lost("logs", setting, "expected 4KB at least");
                return null;
            }
            return bytes;
        }

        private static char first(String unit) {
            return unit.isEmpty() ? ' ' : unit.charAt(0);
        }

        private void otherStreams() {
            for (Setting setting : settings.takeAll(key -> key.matches("std(out|err)_.*"))) {
                String why =
                        switch (setting.key().substring("stdout_".length())) {
                            case "logfile_maxbytes", "logfile_backups" ->
                                    "standard output and standard error go to one place";
                            case "syslog" -> "workers do not log to the system's log";
                            default -> "there are no events out of what a worker writes";
                        };
                program.lost("logs", setting, why);
            }
        }

        /// A FastCGI program takes its socket as descriptor 0.
        private void socket() {
            Setting socket = settled("socket");
            Setting backlog = settings.take("socket_backlog");
            Setting owner = settings.take("socket_owner");
            Setting mode = settings.take("socket_mode");
            if (socket == null) {
                return;
            }
            boolean unix = socket.value().startsWith("unix://");
            String yaml = bound(socket, unix);
            if (yaml == null) {
                for (Setting more : Arrays.asList(backlog, owner, mode)) {
                    if (more != null) {
                        program.lost("bind", more, "it belongs to that socket");
                    }
                }
                return;
            }
            yaml += backlog(backlog) + owner(owner, unix) + mode(mode, unix);
            program.socket("fcgi", yaml);
            program.set("stdin", "fcgi");
        }

        private @Nullable String bound(Setting socket, boolean unix) {
            String address = socket.value().replaceFirst("^(tcp|unix)://", "");
            String kind = unix ? "unix" : "tcp";
            try {
                if (!unix && !socket.value().startsWith("tcp://")) {
                    throw new Misread("expected tcp://HOST:PORT or unix:///PATH");
                }
                program.file().claim(kind, address, false, program.name(), socket.place());
                return kind + ": " + Printer.quoted(address);
            } catch (Misread e) {
                program.lost("bind", socket, e.reason());
                return null;
            }
        }

        private String backlog(@Nullable Setting backlog) {
            Integer length = backlog == null ? null : program.number("bind", backlog, 1, 65535);
            return length == null ? "" : ", backlog: " + length;
        }

        private String owner(@Nullable Setting owner, boolean unix) {
            if (owner == null) {
                return "";
            } else if (!unix || owner.value().isEmpty()) {
                program.lost("bind", owner, "only the file of a UNIX socket has an owner");
                return "";
            }
            String[] names = owner.value().split("[:.]", 2);
            String group = names.length < 2 ? "" : ", group: " + Printer.quoted(names[1]);
            return ", owner: " + Printer.quoted(names[0]) + group;
        }

        private String mode(@Nullable Setting mode, boolean unix) {
            String bits = mode == null ? null : DraftProgram.octal(mode.value());
            if (mode != null && (bits == null || !unix)) {
                program.lost("bind", mode, "expected permission bits, of a UNIX socket");
            }
            return bits == null || !unix ? "" : ", mode: " + bits;
        }

        private static String whyNot(String key) {
            return switch (key) {
                case "serverurl" -> "workers are told of EINHORN_SOCK_PATH instead";
                case "buffer_size", "events", "result_handler" -> "there are no event listeners";
                default -> "nothing here is like it";
            };
        }
    }
}
