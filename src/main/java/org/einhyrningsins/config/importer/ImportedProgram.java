// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.ImportComments;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;

/// A program as an import writes it: keys with their values, and comments that stand at the key
/// they belong to, or at the head if that is not there.
public final class ImportedProgram extends ImportRemarks {
    private static final int MAX_WORKERS = 10_000;

    /// The rollout of what cannot run twice; a job is not rolled.
    private static final String REPLACE = "{ strategy: replace }";

    /// Keys that a job cannot have.
    private static final List<String> SERVERS = List.of("ack", "health", "watchdog", "max-age");

    private final String name;
    private final Map<String, String> keys = new HashMap<>();
    private final ImportedOrder after = new ImportedOrder();
    private final SequencedMap<String, String> env = new LinkedHashMap<>();
    private final Map<String, ForeignSetting> variables = new HashMap<>();
    private final SequencedMap<String, String> sockets = new LinkedHashMap<>();
    private final ImportedUsers people = new ImportedUsers();
    private final ImportedLog log = new ImportedLog(this);
    private boolean isJob;

    /// @param name as commands will call it
    ImportedProgram(String name, ImportedServices file) {
        super(file);
        this.name = name;
    }

    public String name() {
        return name;
    }

    /// True if it cannot run as it did.
    boolean isBlocked() {
        return hasBlocks() || (this != file().defaults() && file().defaults().isBlocked());
    }

    /// True if none of its workers is started.
    boolean isIdle() {
        return isBlocked() || "0".equals(keys.get("workers")) || "manual".equals(keys.get("start"));
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
            comment("restart", "never; written so, those after it do not wait for its end");
        }
    }

    /// The programs that it comes after.
    public Set<String> after() {
        return after.names();
    }

    /// Starts it after that program is up.
    public void after(String program) {
        after.add(program);
        set("after", after.yaml());
    }

    /// Starts it after that program on a condition.
    ///
    /// @param when as `after.when` has it
    public void after(String program, String when) {
        after.when(program, when);
        set("after", after.yaml());
    }

    /// Restarts it when that program, after which it starts, was restarted.
    public void restartWith(String program) {
        after.restartWith(program);
        set("after", after.yaml());
    }

    /// Drops a condition that cannot hold, or nothing would start that.
    ///
    /// @param other which it comes after
    void checkCondition(ImportedProgram other) {
        String when = after.when(other.name());
        boolean never = "done".equals(when) && !other.ends();
        if (never) {
            differs("after", other.name() + " is no job, so it is waited for until it is ready");
        }
        if (when != null && (never || other.isIdle())) {
            after.when(other.name(), null);
            set("after", after.yaml());
        }
    }

    /// Makes it a job if it is one: it runs once, and has nothing that only a server has.
    void settleJob() {
        boolean serves = !sockets.isEmpty() || SERVERS.stream().anyMatch(keys::containsKey);
        if (!isJob || serves || !"never".equals(keys.get("restart"))) {
            return;
        }
        set("kind", "job");
        if (REPLACE.equals(keys.get("rollout"))) {
            keys.remove("rollout");
            forget("rollout");
        }
        after.ofJob();
        if (!after.names().isEmpty()) {
            set("after", after.yaml());
        }
        if (!file().defaults().has("restart")) {
            keys.remove("restart");
            move("restart", "kind");
        }
    }

    /// True if others wait for its end, or it is one that runs once.
    public boolean isJob() {
        return isJob;
    }

    /// True if it is known to end by itself.
    private boolean ends() {
        return "job".equals(keys.get("kind"))
                || ("never".equals(keys.get("restart")) && sockets.isEmpty() && !has("ack"));
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
    public void setAccount(String key, @Nullable ForeignSetting foreignSetting) {
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
    void dropUnknownAccounts(LoadEnvironment machine) {
        for (ImportedUsers.Person person : people.unknownAccounts(machine)) {
            if (person.isOwner()) {
                sockets.replaceAll((_, map) -> map.replace(person.part(), ""));
            } else {
                keys.remove(person.key());
                forget(person.key());
            }
            blocks(person.setting(), person.why());
        }
    }

    /// Sets a key that this version may not have.
    public void setIfKnown(String key, String yaml, ForeignSetting foreignSetting) {
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
        set("command", YamlText.words(words));
    }

    /// Blocks a program whose setting no command can express.
    public void noCommand(ForeignSetting foreignSetting, String why) {
        command(List.of("/bin/false"));
        blocks(foreignSetting, why);
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

    /// Destination of its workers' output.
    public ImportedLog log() {
        return log;
    }

    /// Sets limits of setrlimit(2).
    ///
    /// @param limits by resource, each as our language writes it
    public void limits(SequencedMap<String, String> limits) {
        if (!limits.isEmpty()) {
            List<String> each =
                    limits.entrySet().stream()
                            .map(limit -> limit.getKey() + ": " + limit.getValue())
                            .toList();
            set("limits", "{ " + String.join(", ", each) + " }");
        }
    }

    /// Permission bits, as `umask` has them.
    public void umask(@Nullable ForeignSetting foreignSetting) {
        String bits = foreignSetting == null ? null : ImportedValues.octal(foreignSetting.value());
        if (bits != null) {
            set("umask", bits);
        } else if (foreignSetting != null) {
            lost("umask", foreignSetting, "expected octal digits, at most 0777");
        }
    }

    public void workers(@Nullable ForeignSetting foreignSetting) {
        whole("workers", foreignSetting, 0, MAX_WORKERS);
    }

    /// Starts it by a command alone, and says so at each of the settings that want that.
    public void idle(List<ForeignSetting> settings) {
        String order = "'einhyrningsinsctl start " + name + "'";
        settings.forEach(setting -> comment("start", setting, "nothing runs until " + order));
        set("start", "manual");
    }

    /// Starts none of its workers, and says how many it has once it can be run.
    private void suspend() {
        String count = keys.getOrDefault("workers", "0");
        if (!count.equals("0")) {
            comment("workers", "write workers: " + count + " when it can be run");
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

    /// Sets the stop sequence of its workers.
    public void stop(Signal signal, Duration patience) {
        stop(signal, patience, false);
    }

    /// Sets the stop sequence of its workers.
    ///
    /// @param group true if the signals go to all of a worker's process group
    public void stop(Signal signal, Duration patience, boolean group) {
        String whom = group ? ", to: group }" : " }";
        set("stop", "{ signal: " + signal + ", timeout: " + ImportedValues.time(patience) + whom);
    }

    /// Writes it with that much room on the left.
    ///
    /// @return the comments; they are written unless the program has nothing else
    ImportComments print(int indent, StringBuilder out) {
        if (isBlocked() && this != file().defaults()) {
            suspend();
        }
        ImportComments head = head(this::isThere);
        if (!isEmpty()) {
            comment(head, indent, out);
        }
        for (String key : ConfigShape.PROGRAM.keys()) {
            if (isThere(key)) {
                comment(at(key), indent, out);
                out.repeat(' ', indent).append(key).append(':').append(value(key, indent + 2));
                out.append('\n');
            }
        }
        return head;
    }

    private void comment(ImportComments importComments, int indent, StringBuilder out) {
        for (String line : importComments.lines(file()::shortened)) {
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

    /// @param indent room on the left of what stands on lines of its own
    private String value(String key, int indent) {
        String line = "\n" + " ".repeat(indent);
        StringBuilder value = new StringBuilder();
        switch (key) {
            case "env" ->
                    env.forEach(
                            (variable, text) ->
                                    value.append(line)
                                            .append(YamlText.quoted(variable))
                                            .append(": ")
                                            .append(text));
            case "bind" -> sockets.values().forEach(map -> value.append(line + "- " + map));
            default -> value.append(' ').append(keys.get(key));
        }
        return value.toString();
    }
}
