// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
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
    /// Maximum number of processes that each become a program of their own.
    private static final int MAX_UNFOLDED = 100;

    private static final int USUAL_RETRIES = 3;
    private static final String OWN_PORT =
            "old before new, as supervisord restarts it; with bind, if it can take a socket, no"
                    + " request is lost";

    private static final long USUAL_BYTES = 50L << 20;
    private static final int USUAL_BACKUPS = 10;
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})(KB|MB|GB)?");

    private static final Set<String> TO_MANAGER =
            Set.of("NONE", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2");

    private final ForeignSection foreignSection;
    private final @Nullable ForeignSection group;
    private final Map<String, String> common;
    private final Map<String, String> environment;

    /// @param group the one that the program is in; null for none
    /// @param common values of `%(NAME)s` in every program
    SupervisordProgram(
            ForeignSection foreignSection,
            @Nullable ForeignSection group,
            Map<String, String> common,
            Map<String, String> environment) {
        this.foreignSection = foreignSection;
        this.group = group;
        this.common = common;
        this.environment = environment;
    }

    void write(ImportedServices draft) {
        if (!foreignSection.has("command")) {
            draft.lostWhole(foreignSection, "it has no command");
            return;
        }
        int workers = workers();
        int first = first();
        if (workers > 1 && workers <= MAX_UNFOLDED && isUnfolded(first)) {
            for (int number = first; number < first + workers; number++) {
                String name = foreignSection.title() + "-" + String.format("%02d", number);
                write(draft, name, number, foreignSection.copy());
            }
        } else {
            write(
                    draft,
                    foreignSection.title(),
                    workers == 1 ? first : null,
                    foreignSection.copy());
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
        ForeignSetting foreignSetting = foreignSection.look(key);
        Integer number = foreignSetting == null ? null : foreignSetting.number();
        return number == null || number < 0 || number > 10_000 ? null : number;
    }

    /// True if the processes differ from each other in something that `${slot}` cannot express.
    private boolean isUnfolded(int first) {
        boolean unfolded = false;
        for (String key : List.of("command", "environment")) {
            String text = valueOf(key);
            unfolded |= SupervisordVariables.needsNumber(text);
            unfolded |= first != 0 && SupervisordVariables.hasNumber(text);
        }
        return unfolded
                || SupervisordVariables.hasNumber(valueOf("directory"))
                || SupervisordVariables.hasNumber(valueOf("socket"));
    }

    private String valueOf(String key) {
        ForeignSetting foreignSetting = foreignSection.look(key);
        return foreignSetting == null ? "" : foreignSetting.value();
    }

    private void write(
            ImportedServices draft,
            String name,
            @Nullable Integer number,
            ForeignSection settings) {
        ImportedProgram program = draft.program(name);
        Map<String, String> names = new HashMap<>(common);
        names.put("program_name", foreignSection.title());
        names.put("group_name", group == null ? foreignSection.title() : group.title());
        names.put("numprocs", Integer.toString(workers()));
        Map<String, String> own = new LinkedHashMap<>();
        SupervisordVariables texts = new SupervisordVariables(names, number, environment, own);
        ForeignSetting variables = settings.take("environment");
        environment(variables, texts, program);
        own.putAll(settled(variables, texts));
        if (group != null) {
            program.say("was in " + group.name() + " of supervisord");
        }
        new Writing(program, settings, texts, number).write();
    }

    private static Map<String, String> settled(
            @Nullable ForeignSetting foreignSetting, SupervisordVariables texts) {
        Map<String, String> settled = new LinkedHashMap<>();
        try {
            Map<String, String> pairs =
                    foreignSetting == null ? Map.of() : pairs(foreignSetting.value());
            for (Map.Entry<String, String> pair : pairs.entrySet()) {
                if (!SupervisordVariables.hasNumber(pair.getValue())) {
                    settled.put(pair.getKey(), texts.settled(pair.getValue()));
                }
            }
        } catch (ValueException _) {
            // said already, where the environment was written
            return settled;
        }
        return settled;
    }

    /// Writes `environment` of a program, or of all.
    static void environment(
            @Nullable ForeignSetting foreignSetting,
            SupervisordVariables texts,
            ImportedProgram program) {
        if (foreignSetting == null) {
            return;
        }
        try {
            for (Map.Entry<String, String> pair : pairs(foreignSetting.value()).entrySet()) {
                variable(pair.getKey(), pair.getValue(), foreignSetting, texts, program);
            }
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
        }
    }

    private static void variable(
            String name,
            String value,
            ForeignSetting foreignSetting,
            SupervisordVariables texts,
            ImportedProgram program) {
        try {
            program.env(name, texts.withPlaces(value), foreignSetting);
        } catch (ValueException e) {
            program.blocks(foreignSetting.withValue(name + "=" + value), e.reason());
        }
    }

    /// `KEY="value",KEY2=value2`, over several lines too.
    static Map<String, String> pairs(String text) throws ValueException {
        Map<String, String> pairs = new LinkedHashMap<>();
        int at = 0;
        while (at < text.length()) {
            if (text.charAt(at) == ',' || Character.isWhitespace(text.charAt(at))) {
                at++;
                continue;
            }
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                throw new ValueException("expected KEY=\"VALUE\" pairs with commas between them");
            }
            int from = equals + 1;
            char quote = from < text.length() ? text.charAt(from) : ' ';
            boolean quoted = quote == '"' || quote == '\'';
            int end = quoted ? text.indexOf(quote, from + 1) : text.indexOf(',', from);
            if (quoted && end < 0) {
                throw new ValueException("a quote is not closed");
            }
            end = end < 0 ? text.length() : end;
            pairs.put(
                    text.substring(at, equals).strip(),
                    text.substring(quoted ? from + 1 : from, end).strip());
            at = end + 1;
        }
        return pairs;
    }

    /// State of the writing of one program.
    private final class Writing {
        private final ImportedProgram program;
        private final ForeignSection settings;
        private final SupervisordVariables texts;
        private final @Nullable Integer number;

        Writing(
                ImportedProgram program,
                ForeignSection settings,
                SupervisordVariables texts,
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
            replacing();
            for (ForeignSetting foreignSetting : settings.takeRest()) {
                if (foreignSetting.key().equals("serverurl")) {
                    program.same(foreignSetting, "workers are told of EINHORN_SOCK_PATH instead");
                } else {
                    program.lost(foreignSetting, whyNot(foreignSetting.key()));
                }
            }
        }

        /// Several processes that differ in nothing share no port of their own, so two versions can
        /// run at once, too.
        private void replacing() {
            String text = valueOf("command") + valueOf("environment");
            boolean several =
                    workers() > 1 && number == null && !SupervisordVariables.hasNumber(text);
            if (program.firstSocket() == null && !several) {
                program.set("rollout", "{ strategy: replace }");
                program.say("rollout", OWN_PORT);
            }
        }

        private void command() {
            ForeignSetting foreignSetting = settings.take("command");
            String text = foreignSetting == null ? "" : foreignSetting.value();
            try {
                List<String> words = texts.command(text).command();
                program.command(words);
                for (String variable : texts.unset(text)) {
                    program.blocks(
                            foreignSetting, variable + " is not set where this was imported");
                }
            } catch (ValueException e) {
                program.noCommand(Objects.requireNonNull(foreignSetting), e.reason());
            }
        }

        private void count() {
            ForeignSetting workers = settings.take("numprocs");
            ForeignSetting first = settings.take("numprocs_start");
            if (number == null || workers() == 1) {
                program.workers(workers);
            } else if (workers != null) {
                program.say(
                        "one of the processes of " + workers + ", which differ from each other");
            }
            if (first != null && number == null) {
                program.differs("workers", first, "slots are numbered from 0");
            } else if (first != null) {
                program.say(first + ": carried over as the number " + number);
            }
            ForeignSetting name = settings.take("process_name");
            if (name != null) {
                program.same(name, "workers are called PROGRAM:SLOT");
            }
            if (number == null && workers() > 1) {
                program.say("%(process_num)s is ${slot}, which a replaced worker hands on");
            }
            ForeignSetting autostart = settings.take("autostart");
            if (autostart != null && Boolean.FALSE.equals(autostart.flag())) {
                program.idle(List.of(autostart));
            } else if (autostart != null && autostart.isTrue()) {
                program.same(autostart, "as it is here");
            } else if (autostart != null) {
                program.lost("workers", autostart, "not a flag");
            }
            ForeignSetting priority = settings.take("priority");
            if (priority != null) {
                program.same(
                        priority,
                        "carried over as the order of this file; there, too, none waits for the"
                                + " one before");
            }
        }

        private void identity() {
            program.who("user", settled("user"));
            program.text("directory", settled("directory"));
            program.umask(settings.take("umask"));
        }

        private @Nullable ForeignSetting settled(String key) {
            ForeignSetting foreignSetting = settings.take(key);
            try {
                return foreignSetting == null
                        ? null
                        : foreignSetting.withValue(texts.settled(foreignSetting.value()));
            } catch (ValueException e) {
                program.blocks(Objects.requireNonNull(foreignSetting), e.reason());
                return null;
            }
        }

        private void starting() {
            ForeignSetting seconds = settings.take("startsecs");
            Integer time =
                    seconds == null ? null : program.number("ack", seconds, 0, 1_000_000_000);
            if (time != null) {
                String after = ImportedProgram.time(Duration.ofSeconds(time));
                program.set("ack", "{ mode: timer, after: " + after + " }");
            }
        }

        private void restarting() {
            ForeignSetting restart = settings.take("autorestart");
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
            String word = when.isEmpty() ? "on-failure" : when;
            String rest = word.equals("never") ? nothingTried() : giveUp();
            program.set("restart", rest.isEmpty() ? word : "{ when: " + word + rest + " }");
            ForeignSetting codes = settings.take("exitcodes");
            if (codes != null && codes.value().equals("0")) {
                program.same(codes, "as it is here: 0 alone is expected");
            } else if (codes != null && !word.equals("on-failure")) {
                program.same(codes, "with that autorestart it changes nothing");
            } else if (codes != null) {
                program.lost("restart", codes, "0 alone is an expected status here");
            }
        }

        /// Supervisord tries starts again also of what is not restarted; here there is one.
        private String nothingTried() {
            ForeignSetting retries = settings.take("startretries");
            if (retries != null && !"0".equals(retries.value())) {
                program.differs("restart", retries, "a start that fails is not tried again");
            } else if (retries != null) {
                program.same(retries, "as it is here");
            }
            return "";
        }

        /// Returns the limit of failed starts in a row, with the time they take here.
        private String giveUp() {
            ForeignSetting foreignSetting = settings.take("startretries");
            Integer given =
                    foreignSetting == null
                            ? Integer.valueOf(USUAL_RETRIES)
                            : program.number("restart", foreignSetting, 0, 1000);
            int retries = given == null ? USUAL_RETRIES : given;
            ForeignSetting seconds = foreignSection.look("startsecs");
            Integer up = seconds == null ? null : seconds.number();
            long start = up == null ? 1 : Math.clamp(up, 0, 86_400);
            long waits = 0;
            for (int i = 0; i < retries; i++) {
                waits += Math.min(30, 1L << Math.min(i, 5));
            }
            int deaths =
                    Math.min(10_000, (retries + 1) * (number == null ? Math.max(1, workers()) : 1));
            String within =
                    ImportedProgram.time(Duration.ofSeconds((retries + 1) * (start + 1) + waits));
            String how =
                    "give-up counts the deaths of all its workers, in a time in which so many"
                            + " starts can fail";
            if (foreignSetting != null) {
                program.say("restart", foreignSetting, "see give-up");
            }
            if (workers() > 1 && number == null) {
                program.differs("restart", how);
            }
            return ", backoff: { first: 1s, factor: 2, max: 30s }, give-up: { deaths: "
                    + deaths
                    + ", within: "
                    + within
                    + " }";
        }

        private void stopping() {
            Signal signal = program.signal(settings.take("stopsignal"), Signal.TERM);
            ForeignSetting wait = settings.take("stopwaitsecs");
            Integer seconds = wait == null ? null : program.number("stop", wait, 0, 1_000_000_000);
            Duration patience = Duration.ofSeconds(seconds == null ? 10 : seconds);
            ForeignSetting stop = settings.take("stopasgroup");
            boolean group = stop != null && stop.isTrue();
            program.stop(signal, patience, group);
            if (stop != null && group) {
                program.say("stop", stop, "see stop.to");
            } else if (stop != null) {
                program.same(stop, "the first signal goes to the worker alone");
            }
            ForeignSetting kill = settings.take("killasgroup");
            if (kill != null) {
                program.same(kill, "KILL always goes to the worker's process group");
            }
        }

        private void output() {
            ForeignSetting redirect = settings.take("redirect_stderr");
            ForeignSetting out = settings.take("stdout_logfile");
            ForeignSetting err = settings.take("stderr_logfile");
            if (out != null) {
                log(out);
            }
            bounds(
                    settings.take("stdout_logfile_maxbytes"),
                    settings.take("stdout_logfile_backups"));
            boolean merged = redirect != null && redirect.isTrue();
            boolean apart = !program.log().isEmpty() && !merged;
            if (redirect != null) {
                program.same(redirect, "see logs, which is for both streams");
            }
            if (err != null && merged) {
                program.same(err, "with redirect_stderr it changes nothing");
            } else if (err != null && isWhereOutputIs(err, out)) {
                program.same(err, "it goes where standard output goes");
            } else if (err != null && err.value().equals("AUTO")) {
                program.differs("logs", err, "there are no log files but those that are named");
            } else if (err != null) {
                program.lost("logs", err, "logs is for standard output and standard error alike");
            } else if (apart) {
                program.say("logs", "standard error goes there too");
            }
            otherStreams();
        }

        /// Inherited streams stay two; all else is one.
        private boolean isWhereOutputIs(ForeignSetting err, @Nullable ForeignSetting out) {
            String place = out == null ? "" : out.value();
            boolean inherited = TO_MANAGER.contains(place) && TO_MANAGER.contains(err.value());
            return err.value().equals(place)
                    || (inherited && place.equals("NONE") == err.value().equals("NONE"));
        }

        private void log(ForeignSetting foreignSetting) {
            String value = foreignSetting.value();
            if (value.equals("AUTO")) {
                program.differs(
                        "logs", foreignSetting, "there are no log files but those that are named");
                return;
            } else if (value.equals("syslog")) {
                program.set("logs", "journal");
                program.differs(
                        "logs", foreignSetting, "the journal of systemd, where there is one");
                return;
            }
            try {
                boolean perSlot = number == null && SupervisordVariables.hasNumber(value);
                String path = perSlot ? texts.perSlot(value) : texts.settled(value);
                if (path.equals("NONE")) {
                    program.set("logs", "null");
                } else if (TO_MANAGER.contains(path)) {
                    program.set("logs", "inherit");
                } else {
                    program.log(path);
                }
                if (perSlot && SupervisordVariables.needsNumber(value)) {
                    program.differs(
                            "logs", foreignSetting, "the number in the name has no more digits");
                }
            } catch (ValueException e) {
                program.lost("logs", foreignSetting, e.reason());
            }
        }

        /// A file is bounded where nothing is said, too.
        private void bounds(@Nullable ForeignSetting most, @Nullable ForeignSetting backups) {
            boolean file = !program.log().isEmpty();
            for (ForeignSetting foreignSetting : Arrays.asList(most, backups)) {
                if (foreignSetting != null && !file) {
                    program.same(foreignSetting, "only a file is put aside");
                }
            }
            Long bytes = most == null ? Long.valueOf(USUAL_BYTES) : bytes(most);
            if (!file) {
                return;
            }
            int keep = program.kept(backups, USUAL_BACKUPS);
            if (bytes == null || bytes == 0) {
                return;
            }
            if (most == null) {
                program.say("supervisord begins a new log file at 50MB where nothing is said");
            }
            if (keep == 0 && backups != null) {
                program.differs("logs", backups, "one is kept at least");
            }
            program.keptLog(bytes, Math.max(1, keep), "");
        }

        /// Parses a size as supervisord does: a number, and KB, MB or GB.
        private @Nullable Long bytes(ForeignSetting foreignSetting) {
            Matcher size = SIZE.matcher(foreignSetting.value().toUpperCase(Locale.ROOT));
            if (!size.matches()) {
                program.lost("logs", foreignSetting, "expected a size such as 50MB");
                return null;
            }
            String unit = size.group(2) == null ? "" : size.group(2);
            long bytes = Long.parseLong(size.group(1)) << (10 * " KMG".indexOf(first(unit)));
            if (bytes > 0 && bytes < LogsSpec.LEAST_BYTES) {
                program.lost("logs", foreignSetting, "expected 4KB at least");
                return null;
            }
            return bytes;
        }

        private static char first(String unit) {
            return unit.isEmpty() ? ' ' : unit.charAt(0);
        }

        private void otherStreams() {
            for (ForeignSetting foreignSetting :
                    settings.takeAll(key -> key.matches("std(out|err)_.*"))) {
                String kind = foreignSetting.key().substring("stdout_".length());
                boolean off =
                        foreignSetting.value().equals("0")
                                || Boolean.FALSE.equals(foreignSetting.flag());
                if (off) {
                    program.same(foreignSetting, "as it is here");
                } else if (kind.startsWith("logfile_")) {
                    program.same(
                            foreignSetting, "logs is for standard output and standard error alike");
                } else if (kind.equals("syslog")) {
                    program.lost(
                            "logs", foreignSetting, "not to the system's log as well; see journal");
                } else {
                    program.lost(
                            "logs",
                            foreignSetting,
                            "there are no events out of what a worker writes");
                }
            }
        }

        /// A FastCGI program takes its socket as descriptor 0.
        private void socket() {
            ForeignSetting socket = settled("socket");
            ForeignSetting backlog = settings.take("socket_backlog");
            ForeignSetting owner = settings.take("socket_owner");
            ForeignSetting mode = settings.take("socket_mode");
            if (socket == null) {
                return;
            }
            boolean unix = socket.value().startsWith("unix://");
            String yaml = bound(socket, unix);
            if (yaml == null) {
                for (ForeignSetting more : Arrays.asList(backlog, owner, mode)) {
                    if (more != null) {
                        program.same(more, "it belongs to a socket that is not bound");
                    }
                }
                return;
            }
            yaml += backlog(backlog) + owner(owner, unix) + mode(mode, unix);
            program.socket("fcgi", yaml);
            program.set("stdin", "fcgi");
        }

        private @Nullable String bound(ForeignSetting socket, boolean unix) {
            String address = socket.value().replaceFirst("^(tcp|unix)://", "");
            String kind = unix ? "unix" : "tcp";
            try {
                if (!unix && !socket.value().startsWith("tcp://")) {
                    throw new ValueException("expected tcp://HOST:PORT or unix:///PATH");
                }
                program.file().claim(kind, address, false, program.name(), socket.place());
                return kind + ": " + YamlText.quoted(address);
            } catch (ValueException e) {
                program.blocks(socket, e.reason());
                return null;
            }
        }

        private String backlog(@Nullable ForeignSetting backlog) {
            Integer length = backlog == null ? null : program.number("bind", backlog, 1, 65535);
            return length == null ? "" : ", backlog: " + length;
        }

        private String owner(@Nullable ForeignSetting owner, boolean unix) {
            if (owner == null) {
                return "";
            } else if (!unix || owner.value().isEmpty()) {
                program.lost("bind", owner, "only the file of a UNIX socket has an owner");
                return "";
            }
            String[] names = owner.value().split("[:.]", 2);
            String group = names.length < 2 ? "" : program.owner("group", names[1], owner);
            return program.owner("owner", names[0], owner) + group;
        }

        private String mode(@Nullable ForeignSetting mode, boolean unix) {
            String bits = mode == null ? null : ImportedProgram.octal(mode.value());
            if (mode != null && (bits == null || !unix)) {
                program.lost("bind", mode, "expected permission bits, of a UNIX socket");
            }
            return bits == null || !unix ? "" : ", mode: " + bits;
        }

        private static String whyNot(String key) {
            return switch (key) {
                case "buffer_size", "events", "result_handler" -> "there are no event listeners";
                default -> "nothing here is like it";
            };
        }
    }
}
