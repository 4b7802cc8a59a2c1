// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.SystemdUnits.Unit;
import org.einhyrningsins.spec.IdentitySpec.Resource;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.Template;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/// Writes a `.service` unit of systemd as a program. Source: systemd.service(5), systemd.exec(5),
/// systemd.kill(5), systemd.unit(5).
final class SystemdService {
    /// What systemd waits after a stop if nobody says otherwise (DefaultTimeoutStopSec=).
    private static final Duration USUAL_PATIENCE = Duration.ofSeconds(90);

    /// DefaultStartLimitBurst= and DefaultStartLimitIntervalSec=.
    private static final int USUAL_BURST = 5;

    private static final Duration USUAL_INTERVAL = Duration.ofSeconds(10);
    private static final Duration FOREVER = Duration.ofDays(3650);

    private final Unit unit;
    private final List<String> services;
    private final DraftProgram program;
    private final SystemdText texts;
    private final Section settings;
    private final Map<String, String> variables = new LinkedHashMap<>();

    /// @param services the names of all service units that are imported together
    SystemdService(Unit unit, List<String> services, DraftProgram program) {
        this.unit = unit;
        this.services = services;
        this.program = program;
        this.texts = unit.text();
        this.settings = unit.section("Service");
    }

    void write(List<Unit> sockets) {
        Setting description = last(unit.section("Unit"), "Description");
        if (description != null) {
            program.say(description.value());
        }
        environment();
        sockets(sockets);
        command();
        type();
        identity();
        limits();
        restarting();
        stopping();
        output();
        watching();
        order();
        for (Section section : unit.sections().values()) {
            for (Setting setting : section.takeRest()) {
                program.lost(setting, SystemdReasons.of(section.name(), setting.key()));
            }
        }
    }

    // ---- settings

    /// Of several settings of a key the last one counts.
    private @Nullable Setting last(Section section, String key) {
        List<Setting> all = section.takeAll(key::equals);
        for (Setting setting : all.subList(0, Math.max(0, all.size() - 1))) {
            program.say(setting + ": overruled by " + all.getLast().place());
        }
        Setting last = all.isEmpty() ? null : all.getLast();
        if (last != null && last.value().isEmpty()) {
            program.say(last + ": nothing, so the default");
            return null;
        }
        return last;
    }

    private @Nullable Setting last(String key) {
        return last(settings, key);
    }

    /// Of a list an empty setting takes back what stands before it.
    private List<Setting> list(String key) {
        List<Setting> counting = new ArrayList<>();
        for (Setting setting : settings.takeAll(key::equals)) {
            if (setting.value().isEmpty()) {
                counting.forEach(s -> program.say(s + ": taken back by " + setting.place()));
                program.say(setting + ": takes back what stands before it");
                counting.clear();
            } else {
                counting.add(setting);
            }
        }
        return counting;
    }

    /// With its specifiers replaced; null after saying that it cannot be.
    private @Nullable String specified(String key, Setting setting) {
        try {
            return texts.specified(setting.value());
        } catch (Misread e) {
            program.lost(key, setting, e.reason());
            return null;
        }
    }

    /// A time; [#FOREVER] for `infinity`, null after saying that it is none.
    private @Nullable Duration time(String key, Setting setting) {
        try {
            Duration time = SystemdText.time(setting.value());
            return time == null || time.compareTo(FOREVER) > 0 ? FOREVER : time;
        } catch (Misread e) {
            program.lost(key, setting, e.reason());
            return null;
        }
    }

    // ---- what it runs

    private void environment() {
        for (Setting setting : list("Environment")) {
            try {
                for (String pair : SystemdText.words(setting.value())) {
                    assign(texts.specified(pair), setting);
                }
            } catch (Misread e) {
                program.lost("env", setting, e.reason());
            }
        }
        List<String> files = new ArrayList<>();
        for (Setting setting : list("EnvironmentFile")) {
            environmentFile(setting, files);
        }
        if (!files.isEmpty()) {
            program.set("env-file", DraftProgram.list(files));
            program.say("env-file", "in systemd a file wins over Environment=, here env wins");
        }
        List<String> dropped = new ArrayList<>();
        for (Setting setting : list("UnsetEnvironment")) {
            for (String name : setting.value().split("\\s+", -1)) {
                if (EnvFile.isVariable(name)) {
                    dropped.add(name);
                } else {
                    program.lost("drop-env", setting, Texts.quoted(name) + " is no name");
                }
            }
        }
        if (!dropped.isEmpty()) {
            program.set("drop-env", DraftProgram.list(dropped));
        }
        for (Setting setting : list("PassEnvironment")) {
            program.say("env", setting, "workers inherit all of the manager's environment");
        }
    }

    private void assign(String pair, Setting setting) throws Misread {
        int equals = pair.indexOf('=');
        if (equals <= 0) {
            throw new Misread("expected NAME=VALUE");
        }
        String name = pair.substring(0, equals);
        String value = pair.substring(equals + 1);
        variables.put(name, value);
        program.env(name, DraftText.escaped(value), setting);
    }

    /// Only a file that is here and that our language reads can be named.
    private void environmentFile(Setting setting, List<String> files) {
        String text = specified("env-file", setting);
        if (text == null) {
            return;
        }
        boolean optional = text.startsWith("-");
        Path file = Path.of(optional ? text.substring(1) : text);
        Problems problems = new Problems();
        SequencedMap<String, Template> read = new LinkedHashMap<>();
        Source source = SystemdUnits.isReadable(file) ? Source.read(file, null, problems) : null;
        if (source != null) {
            EnvFile.read(source, read, problems);
        }
        if (source == null || !problems.none()) {
            String why = source == null ? "is not here" : "has lines that an env-file cannot have";
            program.lost(
                    "env-file",
                    setting,
                    "that file " + why + "; where it is fine, write env-file: [" + file + "]");
            return;
        }
        files.add(file.toString());
        read.keySet().forEach(variables::remove);
        if (optional) {
            program.say("env-file", setting, "it is here; without it the file would be invalid");
        }
    }

    private void sockets(List<Unit> sockets) {
        Setting flag = last("NonBlocking");
        boolean nonBlocking = flag != null && flag.isTrue();
        for (Unit socket : sockets) {
            new SystemdSocket(socket, program, nonBlocking).write();
        }
        if (flag != null) {
            program.say("bind", flag, "see non-blocking of each socket");
        }
        for (Setting setting : list("Sockets")) {
            program.say("bind", setting, "those of them that are imported with it");
        }
    }

    private void command() {
        List<Setting> commands = list("ExecStart");
        if (commands.isEmpty()) {
            Setting none = new Setting("ExecStart", "", settings.place());
            program.noCommand(none, "the unit has none");
            return;
        }
        Setting setting = commands.getFirst();
        try {
            SystemdCommand command = SystemdCommand.read(setting.value(), texts, variables);
            program.command(command.words());
            command.remarks().forEach(remark -> program.say("command", setting, remark));
        } catch (Misread e) {
            program.noCommand(setting, e.reason());
        }
        for (Setting more : commands.subList(1, commands.size())) {
            program.lost("command", more, "one command after the other; put them into a script");
        }
    }

    // ---- when it is up

    private void type() {
        Setting setting = last("Type");
        String type = setting == null ? "simple" : setting.value();
        String mode =
                switch (type) {
                    case "notify", "notify-reload" -> "notify";
                    case "simple", "exec", "idle", "forking", "oneshot", "dbus" -> "timer";
                    default -> "";
                };
        String remark =
                switch (type) {
                    case "forking" ->
                            "a worker must not fork into the background: tell it to stay in the"
                                    + " foreground";
                    case "oneshot" -> "what runs once is no program; it is not started again";
                    case "dbus" -> "there is no D-Bus: up when it has been alive for a second";
                    case "idle" -> "it does not wait for others";
                    case "notify-reload" -> "a reload replaces the workers";
                    default -> "";
                };
        if (setting != null && mode.isEmpty()) {
            program.lost("ack", setting, "not a type that is known here");
        } else if (setting != null && !remark.isEmpty()) {
            program.lost("ack", setting, remark);
        }
        if (type.equals("oneshot")) {
            program.set("restart", "never");
        }
        if (setting != null && !mode.isEmpty()) {
            ack(mode);
        }
    }

    private void ack(String mode) {
        if (mode.equals("timer")) {
            program.set("ack", "{ mode: timer, after: 1s }");
            return;
        }
        Setting setting = last("TimeoutStartSec");
        Duration timeout = setting == null ? USUAL_PATIENCE : time("ack", setting);
        boolean none = timeout != null && timeout.isZero();
        Duration given = timeout == null ? USUAL_PATIENCE : none ? FOREVER : timeout;
        program.set("ack", "{ mode: notify, timeout: " + DraftProgram.time(given) + " }");
    }

    // ---- as whom

    private void identity() {
        identity("User", "user");
        identity("Group", "group");
        program.umask(last("UMask"));
        program.whole("nice", last("Nice"), -20, 19);
        Setting setting = last("WorkingDirectory");
        String directory = setting == null ? null : specified("directory", setting);
        if (setting != null && directory != null) {
            boolean optional = directory.startsWith("-");
            String path = optional ? directory.substring(1) : directory;
            if (path.startsWith("/")) {
                program.text("directory", path);
                String remark = optional ? "it has to be there all the same" : "";
                if (optional) {
                    program.say("directory", setting, remark);
                }
            } else {
                program.lost("directory", setting, "write the path of the home directory");
            }
        }
    }

    private void identity(String key, String ours) {
        Setting setting = last(key);
        String name = setting == null ? null : specified(ours, setting);
        if (setting != null && name != null) {
            program.text(ours, setting.withValue(name));
        }
    }

    private void limits() {
        SequencedMap<String, String> limits = new LinkedHashMap<>();
        for (Resource resource : Resource.values()) {
            Setting setting = last("Limit" + resource.name());
            if (setting != null) {
                try {
                    limits.put(Shape.word(resource), limit(resource, setting.value()));
                } catch (Misread e) {
                    program.lost("limits", setting, e.reason());
                }
            }
        }
        program.limits(limits);
    }

    private static String limit(Resource resource, String text) throws Misread {
        String[] parts = text.split(":", 2);
        String soft = amount(resource, parts[0]);
        String hard = parts.length < 2 ? soft : amount(resource, parts[1]);
        boolean above =
                !hard.equals("unlimited")
                        && (soft.equals("unlimited")
                                || Long.parseLong(soft) > Long.parseLong(hard));
        if (above) {
            throw new Misread("the soft limit is above the hard one");
        }
        return soft.equals(hard) ? soft : "\"" + soft + ":" + hard + "\"";
    }

    private static String amount(Resource resource, String text) throws Misread {
        if (text.equals("infinity")) {
            return "unlimited";
        }
        return switch (resource) {
            case AS, CORE, DATA, FSIZE, MEMLOCK, MSGQUEUE, RSS, STACK ->
                    Long.toString(SystemdText.size(text));
            case CPU -> Long.toString(Math.max(1, seconds(text)));
            case RTTIME -> plainNumber(text);
            case NICE -> text.matches("[-+].*") ? nice(text) : plainNumber(text);
            case NPROC, NOFILE, LOCKS, SIGPENDING, RTPRIO -> plainNumber(text);
        };
    }

    private static long seconds(String text) throws Misread {
        Duration time = SystemdText.time(text);
        return time == null ? 0 : time.toSeconds();
    }

    private static String plainNumber(String text) throws Misread {
        if (!text.matches("[0-9]{1,15}")) {
            throw new Misread("expected a number");
        }
        return Long.toString(Long.parseLong(text));
    }

    /// `+5` is a nice value, of which setrlimit(2) takes twenty minus it.
    private static String nice(String text) throws Misread {
        if (!text.matches("[-+][0-9]{1,2}")) {
            throw new Misread("expected a nice value");
        }
        return Integer.toString(20 - Math.clamp(Integer.parseInt(text), -20, 19));
    }

    // ---- how it comes back

    private void restarting() {
        Setting setting = last("Restart");
        String word = setting == null ? "no" : setting.value();
        String when =
                switch (word) {
                    case "no" -> "never";
                    case "always", "on-success" -> "always";
                    case "on-failure", "on-abnormal", "on-abort", "on-watchdog" -> "on-failure";
                    default -> "";
                };
        if (setting != null && when.isEmpty()) {
            program.lost("restart", setting, "not a word that is known here");
        } else if (setting != null && !word.equals("no") && !word.equals(when)) {
            program.lost("restart", setting, "deaths are told apart by status 0 alone: " + when);
        }
        String rest = backoff() + giveUp();
        String known = when.isEmpty() ? "never" : when;
        if (!program.has("restart") || setting != null) {
            program.set("restart", rest.isEmpty() ? known : "{ when: " + known + rest + " }");
        }
    }

    private String backoff() {
        Setting setting = last("RestartSec");
        Setting longest = last("RestartMaxDelaySec");
        Setting steps = last("RestartSteps");
        Duration first = setting == null ? Duration.ofMillis(100) : time("restart", setting);
        Duration max = longest == null ? null : time("restart", longest);
        boolean given = setting != null || longest != null;
        if (steps != null) {
            program.lost("restart", steps, "the delay grows by a factor, to the longest one");
        }
        if (!given || first == null) {
            return "";
        }
        Duration from = first.toMillis() == 0 ? Duration.ofMillis(1) : first;
        Duration to = max == null || max.compareTo(from) < 0 ? from : max;
        return ", backoff: { first: "
                + DraftProgram.time(from)
                + ", factor: "
                + (to.equals(from) ? 1 : 2)
                + ", max: "
                + DraftProgram.time(to)
                + " }";
    }

    /// What may stand in either section, by its older names too.
    private @Nullable Setting eitherSection(String key) {
        Setting inUnit = last(unit.section("Unit"), key);
        return inUnit == null ? last(key) : inUnit;
    }

    private String giveUp() {
        Setting burst = eitherSection("StartLimitBurst");
        Setting newer = eitherSection("StartLimitIntervalSec");
        Setting interval = newer == null ? eitherSection("StartLimitInterval") : newer;
        if (burst == null && interval == null) {
            return "";
        }
        Integer deaths = burst == null ? null : program.number("restart", burst, 0, 10_000);
        Duration within = interval == null ? USUAL_INTERVAL : time("restart", interval);
        int count = deaths == null ? USUAL_BURST : deaths;
        if (count == 0 || within == null || within.isZero()) {
            program.say("restart", "without a limit of starts, as the unit says");
            return "";
        }
        return ", give-up: { deaths: " + count + ", within: " + DraftProgram.time(within) + " }";
    }

    // ---- how it goes

    private void stopping() {
        Signal signal = program.signal(last("KillSignal"), Signal.TERM);
        Setting setting = last("TimeoutStopSec");
        Setting both = setting == null ? last("TimeoutSec") : null;
        Setting given = setting == null ? both : setting;
        Duration patience = given == null ? USUAL_PATIENCE : time("stop", given);
        boolean none = patience != null && given != null && patience.isZero();
        Setting mode = last("KillMode");
        boolean group = mode != null && mode.value().equals("control-group");
        program.stop(signal, patience == null ? USUAL_PATIENCE : none ? FOREVER : patience, group);
        if (both != null) {
            program.say("stop", both, "carried over here; see ack.timeout for the start");
        }
        if (mode != null && (group || mode.value().equals("mixed"))) {
            program.say("stop", mode, "as it is here, for the worker's process group");
        } else if (mode != null) {
            program.lost(
                    "stop",
                    mode,
                    "the first signal goes to the worker alone; what it leaves of its process group"
                            + " is told to go after it");
        }
    }

    private void output() {
        Setting out = last("StandardOutput");
        Setting err = last("StandardError");
        if (out != null) {
            log(out);
        }
        boolean same = out != null && err != null && err.value().equals(out.value());
        if (err != null && (same || err.value().equals("inherit"))) {
            program.say("logs", err, "standard output and standard error go to one place");
        } else if (err != null) {
            program.lost("logs", err, "standard output and standard error go to one place");
        }
        Setting in = last("StandardInput");
        if (in != null && in.value().equals("socket")) {
            stdin(in);
        } else if (in != null && in.value().equals("null")) {
            program.say("stdin", in, "/dev/null, as it is here");
        } else if (in != null) {
            program.lost("stdin", in, "standard input is /dev/null, or a socket");
        }
    }

    private void log(Setting setting) {
        String value = setting.value();
        int colon = value.indexOf(':');
        String kind = colon < 0 ? value : value.substring(0, colon);
        String path =
                colon < 0 ? "" : specified("logs", setting.withValue(value.substring(colon + 1)));
        switch (kind.toLowerCase(Locale.ROOT)) {
            case "null" -> program.set("logs", "null");
            case "inherit" -> program.set("logs", "inherit");
            case "file", "append", "truncate" -> {
                if (path != null && path.startsWith("/")) {
                    program.text("logs", path);
                    if (!kind.equals("append")) {
                        program.say("logs", setting, "what is written is appended");
                    }
                } else if (path != null) {
                    program.lost("logs", setting, "expected the path of a file");
                }
            }
            default ->
                    program.lost(
                            "logs", setting, "workers write to where the manager does, or a file");
        }
    }

    private void stdin(Setting setting) {
        String socket = program.firstSocket();
        if (socket == null) {
            program.lost("stdin", setting, "the program has no socket");
        } else {
            program.text("stdin", socket);
        }
    }

    // ---- what watches it, and what comes before

    private void watching() {
        Setting watchdog = last("WatchdogSec");
        Duration every = watchdog == null ? null : time("watchdog", watchdog);
        if (watchdog != null && every != null && (every.isZero() || every.equals(FOREVER))) {
            program.say(watchdog + ": none, as it is here");
        } else if (watchdog != null && every != null) {
            program.later("watchdog", DraftProgram.time(every), watchdog);
        }
        Setting age = last("RuntimeMaxSec");
        Duration longest = age == null ? null : time("max-age", age);
        if (age != null && longest != null && (longest.isZero() || longest.equals(FOREVER))) {
            program.say(age + ": none, as it is here");
        } else if (age != null && longest != null) {
            program.later("max-age", DraftProgram.time(longest), age);
        }
    }

    /// Only units that are imported together can be named.
    private void order() {
        List<String> after = new ArrayList<>();
        Section section = unit.section("Unit");
        for (Setting setting : section.takeAll("After"::equals)) {
            for (String name : setting.value().split("\\s+", -1)) {
                if (name.equals(unit.name()) || !services.contains(name)) {
                    String why = "it is not imported with this one, so nothing waits for it";
                    program.lost("after", setting.withValue(name), why);
                } else if (!program.file().comesAfter(unit.name(), name)) {
                    program.lost("after", setting.withValue(name), "they wait for each other");
                } else {
                    after.add(DraftFile.plainName(name.substring(0, name.length() - 8), "program"));
                }
            }
        }
        if (!after.isEmpty()) {
            program.set("after", DraftProgram.list(after));
        }
    }
}
