// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.read.LogsReader;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.ImportComments;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;

/// A program as an import writes it: keys with their values, and comments that stand at the key
/// they belong to, or at the head if that is not there.
public final class ImportedProgram {
    private static final int MAX_WORKERS = 10_000;
    private static final Duration MAX_DURATION = Duration.ofDays(3650);

    private final String name;
    private final ImportedServices file;
    private final ImportComments head = new ImportComments();
    private final Map<String, String> keys = new HashMap<>();
    private final Map<String, ImportComments> comments = new HashMap<>();
    private final Set<String> after = new LinkedHashSet<>();
    private final SequencedMap<String, String> env = new LinkedHashMap<>();
    private final Map<String, ForeignSetting> variables = new HashMap<>();
    private final SequencedMap<String, String> sockets = new LinkedHashMap<>();
    private final ImportedUsers people = new ImportedUsers();
    private String log = "";
    private boolean blocked;
    private boolean isJob;

    /// @param name as commands will call it
    ImportedProgram(String name, ImportedServices file) {
        this.name = name;
        this.file = file;
    }

    public String name() {
        return name;
    }

    public ImportedServices file() {
        return file;
    }

    /// Says something at the head.
    public void say(String comment) {
        head.say(comment);
    }

    /// Says something at a key.
    public void say(String key, String comment) {
        at(key).say(comment);
    }

    /// Says something of a setting, for which nothing is different.
    public void say(String key, ForeignSetting foreignSetting, String comment) {
        at(key).add(ImportComments.Kind.SAYS, foreignSetting, comment);
    }

    private ImportComments at(String key) {
        return comments.computeIfAbsent(key, _ -> new ImportComments());
    }

    /// Says that a setting was not carried over, and why.
    public void lost(String key, ForeignSetting foreignSetting, String why) {
        if (IniText.isOverruled(foreignSetting)) {
            same(IniText.plain(foreignSetting), IniText.ELSEWHERE);
        } else {
            remark(ImportComments.Kind.LOST, key, foreignSetting, why);
        }
    }

    /// The same, at the head.
    public void lost(ForeignSetting foreignSetting, String why) {
        lost("", foreignSetting, why);
    }

    /// Says that a setting was carried over, but does not do quite the same.
    public void differs(String key, ForeignSetting foreignSetting, String how) {
        remark(ImportComments.Kind.DIFFERS, key, foreignSetting, how);
    }

    /// Says that something does not do quite the same that the other manager does without being
    /// told.
    public void differs(String key, String how) {
        remark(ImportComments.Kind.DIFFERS, key, null, how);
    }

    /// Says that a setting needs nothing here, and why.
    public void same(ForeignSetting foreignSetting, String why) {
        remark(ImportComments.Kind.SAME, "", foreignSetting, why);
    }

    /// Says why the program cannot be run as it was. It is written with `workers: 0`.
    public void blocks(@Nullable ForeignSetting foreignSetting, String why) {
        remark(ImportComments.Kind.BLOCKS, "", foreignSetting, why);
        blocked = true;
    }

    private void remark(
            ImportComments.Kind kind,
            String key,
            @Nullable ForeignSetting foreignSetting,
            String why) {
        file.count(kind);
        (key.isEmpty() ? head : at(key)).add(kind, foreignSetting, why);
    }

    /// True if it cannot run as it did.
    boolean isBlocked() {
        return blocked || (this != file.defaults() && file.defaults().isBlocked());
    }

    /// True if none of its workers is started.
    boolean isIdle() {
        return isBlocked() || "0".equals(keys.get("workers"));
    }

    /// Restarts it never. What comes after a job waits for its end, and after any other program for
    /// its being up.
    public void never(boolean isJob) {
        set("restart", "never");
        this.isJob |= isJob;
    }

    /// Says that others wait for its end.
    public void awaited() {
        isJob = true;
    }

    /// Keeps those after it from waiting for its end, unless it is a job: one that is given up with
    /// its first death is never restarted, either.
    void followed() {
        if (!isJob && "never".equals(keys.get("restart"))) {
            set("restart", "{ when: on-failure, give-up: { deaths: 1, within: 1s } }");
            say("restart", "never; written so, those after it do not wait for its end");
        }
    }

    /// The programs that it comes after.
    Set<String> after() {
        return after;
    }

    /// Starts it after that program is up.
    public void after(String program) {
        after.add(program);
        set("after", list(List.copyOf(after)));
    }

    public boolean has(String key) {
        return keys.containsKey(key);
    }

    /// Sets a key to what already is YAML, on one line.
    public void set(String key, String yaml) {
        keys.put(key, yaml);
    }

    /// Sets a key to a text.
    public void text(String key, String text) {
        set(key, YamlText.quoted(text));
    }

    /// Sets a key to the text of a setting, if it has one.
    public void text(String key, @Nullable ForeignSetting foreignSetting) {
        if (foreignSetting != null && foreignSetting.value().isBlank()) {
            lost(key, foreignSetting, "it is empty");
        } else if (foreignSetting != null) {
            text(key, foreignSetting.value());
        }
    }

    /// Sets `user` or `group`.
    public void who(String key, @Nullable ForeignSetting foreignSetting) {
        text(key, foreignSetting);
        if (foreignSetting != null && has(key)) {
            people.add(key, foreignSetting.value(), foreignSetting);
        }
    }

    /// Returns the owner of the file of a socket, as a part of the socket's map.
    ///
    /// @param key `owner` or `group`
    /// @param foreignSetting that names it
    public String owner(String key, String name, ForeignSetting foreignSetting) {
        people.add("bind." + key, name, foreignSetting);
        return ImportedUsers.part(key, name);
    }

    /// Takes out users and groups that the machine does not know: with one of them, nothing of the
    /// file could be run.
    void settle(LoadEnvironment machine) {
        for (ImportedUsers.Person person : people.strangers(machine)) {
            if (person.isOwner()) {
                sockets.replaceAll((_, map) -> map.replace(person.part(), ""));
            } else {
                keys.remove(person.key());
                comments.remove(person.key());
            }
            blocks(person.setting(), person.why());
        }
    }

    /// Sets a key that this version may not have.
    public void later(String key, String yaml, ForeignSetting foreignSetting) {
        if (ConfigShape.PROGRAM.has(key)) {
            set(key, yaml);
        } else {
            lost(key, foreignSetting, "this version has no " + key + " yet");
        }
    }

    /// Sets the command.
    ///
    /// @param words with their places, `${…}`
    public void command(List<String> words) {
        set("command", list(words));
    }

    /// Blocks a program whose setting no command can express.
    public void noCommand(ForeignSetting foreignSetting, String why) {
        command(List.of("/bin/false"));
        blocks(foreignSetting, why);
    }

    public static String list(List<String> texts) {
        StringBuilder list = new StringBuilder("[");
        for (String text : texts) {
            list.append(list.length() == 1 ? "" : ", ").append(YamlText.quoted(text));
        }
        return list.append(']').toString();
    }

    /// Sets a variable of the environment.
    ///
    /// @param value with its places
    public void env(String variable, String value) {
        env.putLast(variable, YamlText.quoted(value));
    }

    /// A variable of a setting; one with a name that cannot be is lost.
    public void env(String variable, String value, ForeignSetting foreignSetting) {
        if (variable.isEmpty() || variable.indexOf('=') >= 0) {
            lost("env", foreignSetting, "a variable needs a name");
        } else {
            ForeignSetting first = variables.put(variable, foreignSetting);
            if (first != null) {
                same(first, variable + " is overruled by " + foreignSetting.place());
            }
            env(variable, value);
        }
    }

    /// True if a value of its command or its variables matches.
    public boolean names(Predicate<String> value) {
        return value.test(keys.getOrDefault("command", ""))
                || env.values().stream().anyMatch(value);
    }

    /// Adds a socket.
    ///
    /// @param yaml the map of it but for its name
    public void socket(String socket, String yaml) {
        sockets.put(socket, "{ name: " + YamlText.quoted(socket) + ", " + yaml + " }");
    }

    public boolean hasSocket(String socket) {
        return sockets.containsKey(socket);
    }

    /// The name of its first socket; null if it has none.
    public @Nullable String firstSocket() {
        return sockets.isEmpty() ? null : sockets.firstEntry().getKey();
    }

    /// Sets the file to which its workers write.
    public void log(String path) {
        text("logs", named(path));
        log = path;
    }

    /// Sets a log file that the manager writes: the file of [#log], rotated when it grows, or with
    /// a prefix before each line.
    ///
    /// @param most maximum size in bytes; 0 for no bound
    /// @param keep number of rotated files that are kept
    /// @param prefix prefix of each line, a list; empty for none
    public void keptLog(long most, int keep, String prefix) {
        StringBuilder map = new StringBuilder("{ to: ").append(YamlText.quoted(named(log)));
        if (most > 0) {
            map.append(", max-size: ").append(size(most)).append(", keep: ").append(keep);
        }
        if (!prefix.isEmpty()) {
            map.append(", prefix: ").append(prefix);
        }
        set("logs", map.append(" }").toString());
    }

    /// Returns the number of rotated files to keep.
    public int kept(@Nullable ForeignSetting foreignSetting, int usual) {
        Integer number =
                foreignSetting == null ? null : number("logs", foreignSetting, 0, 999_999_999);
        if (number != null && foreignSetting != null && number > LogsReader.MAX_KEPT) {
            differs("logs", foreignSetting, "no more than " + LogsReader.MAX_KEPT + " are kept");
        }
        return number == null ? usual : Math.min(number, LogsReader.MAX_KEPT);
    }

    /// Returns a size as the configuration writes it.
    public static String size(long bytes) {
        if (bytes % (1 << 20) == 0) {
            return (bytes >> 20) + "MiB";
        }
        return bytes % (1 << 10) == 0 ? (bytes >> 10) + "KiB" : Long.toString(bytes);
    }

    private static String named(String path) {
        return path.indexOf('/') < 0 ? "./" + path : path;
    }

    /// The file that its workers write to; empty for none.
    public String log() {
        return log;
    }

    /// Sets limits of setrlimit(2).
    ///
    /// @param limits by resource, each as our language writes it
    public void limits(Map<String, String> limits) {
        StringBuilder map = new StringBuilder();
        limits.forEach(
                (resource, limit) ->
                        map.append(map.isEmpty() ? "{ " : ", ")
                                .append(resource)
                                .append(": ")
                                .append(limit));
        if (!map.isEmpty()) {
            set("limits", map.append(" }").toString());
        }
    }

    /// Permission bits, as `umask` has them.
    public void umask(@Nullable ForeignSetting foreignSetting) {
        String bits = foreignSetting == null ? null : octal(foreignSetting.value());
        if (bits != null) {
            set("umask", bits);
        } else if (foreignSetting != null) {
            lost("umask", foreignSetting, "expected octal digits, at most 0777");
        }
    }

    /// Returns octal digits in quotes, as the configuration needs them; null if they are none.
    public static @Nullable String octal(String digits) {
        String plain = digits.startsWith("0o") ? digits.substring(2) : digits;
        boolean octal =
                TextUtil.areDigits(plain) && plain.length() <= 5 && !plain.matches(".*[89].*");
        return octal && Integer.parseInt(plain, 8) <= 0777
                ? String.format("\"%04o\"", Integer.parseInt(plain, 8))
                : null;
    }

    public void workers(@Nullable ForeignSetting foreignSetting) {
        whole("workers", foreignSetting, 0, MAX_WORKERS);
    }

    /// Starts none of its workers, and says at each of the settings that want it so what starts as
    /// many as it has.
    public void idle(List<ForeignSetting> settings) {
        String count = keys.getOrDefault("workers", "1");
        String most =
                switch (count) {
                    case "0" -> "1";
                    case "cpus" -> "$(nproc)";
                    default -> count;
                };
        String order = "'einhyrningsinsctl scale " + name + " " + most + "'";
        settings.forEach(
                foreignSetting -> say("workers", foreignSetting, "nothing runs until " + order));
        set("workers", "0");
    }

    /// Starts none of its workers, and says how many it has once it can be run.
    private void suspend() {
        String count = keys.getOrDefault("workers", "0");
        if (!count.equals("0")) {
            say("workers", "write workers: " + count + " when it can be run");
        }
        set("workers", "0");
    }

    /// Sets a key to the whole number of a setting; one out of range is lost.
    public void whole(String key, @Nullable ForeignSetting foreignSetting, int min, int max) {
        Integer number = foreignSetting == null ? null : number(key, foreignSetting, min, max);
        if (number != null) {
            set(key, number.toString());
        }
    }

    /// The whole number of a setting; one out of range is lost, and null.
    public @Nullable Integer number(String key, ForeignSetting foreignSetting, int min, int max) {
        Integer number = foreignSetting.number();
        if (number == null || number < min || number > max) {
            lost(key, foreignSetting, "expected a number from " + min + " to " + max);
            return null;
        }
        return number;
    }

    /// Sets the stop sequence of its workers.
    public void stop(Signal signal, Duration patience) {
        stop(signal, patience, false);
    }

    /// Sets the stop sequence of its workers.
    ///
    /// @param group true if the signals go to all of a worker's process group
    public void stop(Signal signal, Duration patience, boolean group) {
        String whom = group ? ", to: group }" : " }";
        set("stop", "{ signal: " + signal + ", timeout: " + time(patience) + whom);
    }

    /// The signal of a setting, or the usual one; one that our language does not have is lost.
    public Signal signal(@Nullable ForeignSetting foreignSetting, Signal usual) {
        if (foreignSetting == null) {
            return usual;
        }
        Signal signal = Signal.of(foreignSetting.value()).orElse(null);
        if (signal == null) {
            lost(
                    "stop",
                    foreignSetting,
                    "not a signal that workers can be sent; " + usual + " it is");
        }
        return signal == null ? usual : signal;
    }

    /// Returns a time as the configuration writes it, at most the maximum.
    public static String time(Duration time) {
        return Durations.print(time.compareTo(MAX_DURATION) > 0 ? MAX_DURATION : time);
    }

    /// Writes it with that much room on the left.
    ///
    /// @return the comments; they are written unless the program has nothing else
    ImportComments print(int indent, StringBuilder out) {
        if (isBlocked() && this != file.defaults()) {
            suspend();
        }
        for (String key : comments.keySet().stream().sorted().toList()) {
            if (!isThere(key)) {
                head.addAll(at(key));
            }
        }
        if (!isEmpty()) {
            comment(head, indent, out);
        }
        for (String key : ConfigShape.PROGRAM.keys()) {
            if (isThere(key)) {
                comment(at(key), indent, out);
                print(key, indent, out);
            }
        }
        return head;
    }

    private void comment(ImportComments importComments, int indent, StringBuilder out) {
        for (String line : importComments.lines(file::shortened)) {
            ImportedServices.comment(line, indent, out);
        }
    }

    private boolean isThere(String key) {
        return switch (key) {
            case "env" -> !env.isEmpty();
            case "bind" -> !sockets.isEmpty();
            default -> keys.containsKey(key);
        };
    }

    /// True if it has nothing but comments.
    boolean isEmpty() {
        return keys.isEmpty() && env.isEmpty();
    }

    private void print(String key, int indent, StringBuilder out) {
        out.repeat(' ', indent).append(key).append(':');
        switch (key) {
            case "env" ->
                    env.forEach(
                            (variable, value) ->
                                    out.append('\n')
                                            .repeat(' ', indent + 2)
                                            .append(YamlText.quoted(variable))
                                            .append(": ")
                                            .append(value));
            case "bind" ->
                    sockets.values()
                            .forEach(
                                    socket ->
                                            out.append('\n')
                                                    .repeat(' ', indent + 2)
                                                    .append("- ")
                                                    .append(socket));
            default -> out.append(' ').append(keys.get(key));
        }
        out.append('\n');
    }
}
