// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.print.Printer;
import org.einhyrningsins.config.read.LogsReader;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.Remarks;
import org.einhyrningsins.config.value.Surroundings;
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
public final class DraftProgram {
    private static final int MAX_WORKERS = 10_000;
    private static final Duration LONGEST = Duration.ofDays(3650);

    private final String name;
    private final DraftFile file;
    private final Remarks head = new Remarks();
    private final Map<String, String> keys = new HashMap<>();
    private final Map<String, Remarks> comments = new HashMap<>();
    private final Set<String> after = new LinkedHashSet<>();
    private final SequencedMap<String, String> env = new LinkedHashMap<>();
    private final Map<String, Setting> variables = new HashMap<>();
    private final SequencedMap<String, String> sockets = new LinkedHashMap<>();
    private final DraftPeople people = new DraftPeople();
    private String log = "";
    private boolean blocked;
    private boolean isJob;

    /// @param name as commands will call it
    DraftProgram(String name, DraftFile file) {
        this.name = name;
        this.file = file;
    }

    public String name() {
        return name;
    }

    public DraftFile file() {
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
    public void say(String key, Setting setting, String comment) {
        at(key).add(Remarks.Kind.SAYS, setting, comment);
    }

    private Remarks at(String key) {
        return comments.computeIfAbsent(key, _ -> new Remarks());
    }

    /// Says that a setting was not carried over, and why.
    public void lost(String key, Setting setting, String why) {
        if (IniText.isOverruled(setting)) {
            same(IniText.plain(setting), IniText.ELSEWHERE);
        } else {
            remark(Remarks.Kind.LOST, key, setting, why);
        }
    }

    /// The same, at the head.
    public void lost(Setting setting, String why) {
        lost("", setting, why);
    }

    /// Says that a setting was carried over, but does not do quite the same.
    public void differs(String key, Setting setting, String how) {
        remark(Remarks.Kind.DIFFERS, key, setting, how);
    }

    /// Says that something does not do quite the same that the other manager does without being
    /// told.
    public void differs(String key, String how) {
        remark(Remarks.Kind.DIFFERS, key, null, how);
    }

    /// Says that a setting needs nothing here, and why.
    public void same(Setting setting, String why) {
        remark(Remarks.Kind.SAME, "", setting, why);
    }

    /// Says why the program cannot be run as it was. It is written with `workers: 0`.
    public void blocks(@Nullable Setting setting, String why) {
        remark(Remarks.Kind.BLOCKS, "", setting, why);
        blocked = true;
    }

    private void remark(Remarks.Kind kind, String key, @Nullable Setting setting, String why) {
        file.count(kind);
        (key.isEmpty() ? head : at(key)).add(kind, setting, why);
    }

    /// Whether it cannot be run as it was.
    boolean isBlocked() {
        return blocked || (this != file.defaults() && file.defaults().isBlocked());
    }

    /// Whether none of its workers is started.
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
        set(key, Printer.quoted(text));
    }

    /// Sets a key to the text of a setting, if it has one.
    public void text(String key, @Nullable Setting setting) {
        if (setting != null && setting.value().isBlank()) {
            lost(key, setting, "it is empty");
        } else if (setting != null) {
            text(key, setting.value());
        }
    }

    /// Sets `user` or `group`.
    public void who(String key, @Nullable Setting setting) {
        text(key, setting);
        if (setting != null && has(key)) {
            people.add(key, setting.value(), setting);
        }
    }

    /// Who the file of a socket belongs to, as a part of the socket's map.
    ///
    /// @param key `owner` or `group`
    /// @param setting that names it
    public String owner(String key, String name, Setting setting) {
        people.add("bind." + key, name, setting);
        return DraftPeople.part(key, name);
    }

    /// Takes out users and groups that the machine does not know: with one of them, nothing of the
    /// file could be run.
    void settle(Surroundings machine) {
        for (DraftPeople.Person person : people.strangers(machine)) {
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
    public void later(String key, String yaml, Setting setting) {
        if (Shape.PROGRAM.has(key)) {
            set(key, yaml);
        } else {
            lost(key, setting, "this version has no " + key + " yet");
        }
    }

    /// @param words with their places, `${…}`
    public void command(List<String> words) {
        set("command", list(words));
    }

    /// Without a command that means what the setting means, nothing is run.
    public void noCommand(Setting setting, String why) {
        command(List.of("/bin/false"));
        blocks(setting, why);
    }

    public static String list(List<String> texts) {
        StringBuilder list = new StringBuilder("[");
        for (String text : texts) {
            list.append(list.length() == 1 ? "" : ", ").append(Printer.quoted(text));
        }
        return list.append(']').toString();
    }

    /// @param value with its places
    public void env(String variable, String value) {
        env.putLast(variable, Printer.quoted(value));
    }

    /// A variable of a setting; one with a name that cannot be is lost.
    public void env(String variable, String value, Setting setting) {
        if (variable.isEmpty() || variable.indexOf('=') >= 0) {
            lost("env", setting, "a variable needs a name");
        } else {
            Setting first = variables.put(variable, setting);
            if (first != null) {
                same(first, variable + " is overruled by " + setting.place());
            }
            env(variable, value);
        }
    }

    /// Whether a value of its command or its variables is so.
    public boolean names(Predicate<String> value) {
        return value.test(keys.getOrDefault("command", ""))
                || env.values().stream().anyMatch(value);
    }

    /// Adds a socket.
    ///
    /// @param yaml the map of it but for its name
    public void socket(String socket, String yaml) {
        sockets.put(socket, "{ name: " + Printer.quoted(socket) + ", " + yaml + " }");
    }

    public boolean hasSocket(String socket) {
        return sockets.containsKey(socket);
    }

    /// The name of its first socket; null if it has none.
    public @Nullable String firstSocket() {
        return sockets.isEmpty() ? null : sockets.firstEntry().getKey();
    }

    /// Where its workers write: a file.
    public void log(String path) {
        text("logs", named(path));
        log = path;
    }

    /// Where the manager writes what they write: a file of [#log] that is put aside when it grows,
    /// or has something before each line.
    ///
    /// @param most bytes of it; 0 for no bound
    /// @param keep so many that were put aside
    /// @param prefix what stands before each line, a list; empty for nothing
    public void keptLog(long most, int keep, String prefix) {
        StringBuilder map = new StringBuilder("{ to: ").append(Printer.quoted(named(log)));
        if (most > 0) {
            map.append(", max-size: ").append(size(most)).append(", keep: ").append(keep);
        }
        if (!prefix.isEmpty()) {
            map.append(", prefix: ").append(prefix);
        }
        set("logs", map.append(" }").toString());
    }

    /// How many files that were put aside are kept.
    public int kept(@Nullable Setting setting, int usual) {
        Integer number = setting == null ? null : number("logs", setting, 0, 999_999_999);
        if (number != null && setting != null && number > LogsReader.MOST_KEPT) {
            differs("logs", setting, "no more than " + LogsReader.MOST_KEPT + " are kept");
        }
        return number == null ? usual : Math.min(number, LogsReader.MOST_KEPT);
    }

    /// As our language writes a size.
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
    public void umask(@Nullable Setting setting) {
        String bits = setting == null ? null : octal(setting.value());
        if (bits != null) {
            set("umask", bits);
        } else if (setting != null) {
            lost("umask", setting, "expected octal digits, at most 0777");
        }
    }

    /// In quotes, as our language wants them; null if they are none.
    public static @Nullable String octal(String digits) {
        String plain = digits.startsWith("0o") ? digits.substring(2) : digits;
        boolean octal = Texts.areDigits(plain) && plain.length() <= 5 && !plain.matches(".*[89].*");
        return octal && Integer.parseInt(plain, 8) <= 0777
                ? String.format("\"%04o\"", Integer.parseInt(plain, 8))
                : null;
    }

    public void workers(@Nullable Setting setting) {
        whole("workers", setting, 0, MAX_WORKERS);
    }

    /// Starts none of its workers, and says at each of the settings that want it so what starts as
    /// many as it has.
    public void idle(List<Setting> settings) {
        String count = keys.getOrDefault("workers", "1");
        String most =
                switch (count) {
                    case "0" -> "1";
                    case "cpus" -> "$(nproc)";
                    default -> count;
                };
        String order = "'einhyrningsinsctl scale " + name + " " + most + "'";
        settings.forEach(setting -> say("workers", setting, "nothing runs until " + order));
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
    public void whole(String key, @Nullable Setting setting, int min, int max) {
        Integer number = setting == null ? null : number(key, setting, min, max);
        if (number != null) {
            set(key, number.toString());
        }
    }

    /// The whole number of a setting; one out of range is lost, and null.
    public @Nullable Integer number(String key, Setting setting, int min, int max) {
        Integer number = setting.number();
        if (number == null || number < min || number > max) {
            lost(key, setting, "expected a number from " + min + " to " + max);
            return null;
        }
        return number;
    }

    /// How its workers are told to go.
    public void stop(Signal signal, Duration patience) {
        stop(signal, patience, false);
    }

    /// How its workers are told to go.
    ///
    /// @param group whether all of a worker's process group is
    public void stop(Signal signal, Duration patience, boolean group) {
        String whom = group ? ", to: group }" : " }";
        set("stop", "{ signal: " + signal + ", timeout: " + time(patience) + whom);
    }

    /// The signal of a setting, or the usual one; one that our language does not have is lost.
    public Signal signal(@Nullable Setting setting, Signal usual) {
        if (setting == null) {
            return usual;
        }
        Signal signal = Signal.of(setting.value()).orElse(null);
        if (signal == null) {
            lost("stop", setting, "not a signal that workers can be sent; " + usual + " it is");
        }
        return signal == null ? usual : signal;
    }

    /// As our language writes a time, at most as long as it takes.
    public static String time(Duration time) {
        return Durations.print(time.compareTo(LONGEST) > 0 ? LONGEST : time);
    }

    /// Writes it with that much room on the left.
    ///
    /// @return the comments; they are written unless the program has nothing else
    Remarks print(int indent, StringBuilder out) {
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
        for (String key : Shape.PROGRAM.keys()) {
            if (isThere(key)) {
                comment(at(key), indent, out);
                print(key, indent, out);
            }
        }
        return head;
    }

    private void comment(Remarks remarks, int indent, StringBuilder out) {
        for (String line : remarks.lines(file::shortened)) {
            DraftFile.comment(line, indent, out);
        }
    }

    private boolean isThere(String key) {
        return switch (key) {
            case "env" -> !env.isEmpty();
            case "bind" -> !sockets.isEmpty();
            default -> keys.containsKey(key);
        };
    }

    /// Whether it has nothing but comments.
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
                                            .append(Printer.quoted(variable))
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
