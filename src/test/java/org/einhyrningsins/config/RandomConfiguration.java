// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.manager.ServicesSpec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// A file that changes as operators change theirs: keys, counts, programs that come and go, names
/// that change, sockets that move. All of it follows from a seed.
public final class RandomConfiguration {
    private static final List<String> ADDRESSES =
            List.of("tcp: \"127.0.0.1:0\"", "udp: \"127.0.0.1:0\"", "");

    private final SplittableRandom random;
    private final String mark;
    private final SequencedMap<String, Body> programs = new LinkedHashMap<>();
    private final SequencedMap<String, Body> before = new LinkedHashMap<>();
    private int names;
    private int socketNames;
    private int abstracts;

    private static final class Body {
        final TreeMap<String, String> keys = new TreeMap<>();
        final SequencedMap<String, String> sockets = new LinkedHashMap<>();

        Body copy() {
            Body copy = new Body();
            copy.keys.putAll(keys);
            copy.sockets.putAll(sockets);
            return copy;
        }
    }

    /// Random configurations of one seed.
    ///
    /// @param mark nobody else's, for the names of abstract sockets
    public RandomConfiguration(SplittableRandom random, String mark) {
        this.random = random;
        this.mark = mark;
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            add();
        }
    }

    /// Somebody edits it, or takes the last edit back.
    public void change() {
        SequencedMap<String, Body> earlier = new LinkedHashMap<>(before);
        before.clear();
        programs.forEach((name, body) -> before.put(name, body.copy()));
        if (!earlier.isEmpty() && random.nextInt(4) == 0) {
            programs.clear();
            programs.putAll(earlier);
            return;
        }
        for (String name : List.copyOf(programs.keySet())) {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> {}
                case 3 -> programs.remove(name);
                case 4 -> rename(name);
                case 5 -> swapSockets(name);
                default -> edit(body(name), 1 + random.nextInt(3));
            }
        }
        if (random.nextInt(3) == 0) {
            add();
        }
    }

    private Body body(String name) {
        return java.util.Objects.requireNonNull(programs.get(name));
    }

    private void add() {
        Body body = new Body();
        edit(body, 6);
        for (int i = random.nextInt(3); i > 0; i--) {
            body.sockets.put("s" + socketNames++, address());
        }
        programs.put("p" + names++, body);
    }

    private void rename(String name) {
        Body body = body(name).copy();
        programs.remove(name);
        programs.put("p" + names++, body);
    }

    /// What one binds, another may bind from now on.
    private void swapSockets(String name) {
        List<String> all = List.copyOf(programs.keySet());
        Body one = body(name);
        Body other = body(all.get(random.nextInt(all.size())));
        SequencedMap<String, String> mine = new LinkedHashMap<>(one.sockets);
        one.sockets.clear();
        one.sockets.putAll(other.sockets);
        other.sockets.clear();
        other.sockets.putAll(mine);
    }

    private String address() {
        String address = ADDRESSES.get(random.nextInt(ADDRESSES.size()));
        return address.isEmpty() ? "unix: \"@" + mark + "." + abstracts++ + "\"" : address;
    }

    private void edit(Body body, int times) {
        for (int i = 0; i < times; i++) {
            switch (random.nextInt(12)) {
                case 0 -> set(body, "command", "[./v1]", "[./v2, \"a: b, {c\"]", "[./v3]");
                case 1, 2 -> set(body, "workers", "0", "1", "2", "3", "4");
                case 3 -> set(body, "env", "{A: '1', SECRET_B: 'x: y'}", "{A: '2'}", "{}");
                case 4 -> set(body, "stop", "{signal: INT, timeout: 3s}", "{signal: TERM}");
                case 5 -> set(body, "restart", "{when: always, burst: 3}", "{burst: 9}");
                case 6 ->
                        set(
                                body,
                                "rollout",
                                "{strategy: fleet}",
                                "{strategy: replace}",
                                "{max-surge: 3}",
                                "{canary: {workers: 1, watch: 5s}}",
                                "{strategy: fleet, canary: {watch: 2s}}",
                                "{max-unacked: 1, settle: 1s}",
                                "{probation: 5s, rollback-within: 0}",
                                "{count-draining: false, drain-timeout: unlimited}",
                                "{drain-timeout: 10m}");
                case 7 ->
                        set(
                                body,
                                "ack",
                                "{mode: manual}",
                                "{mode: notify, timeout: 9s}",
                                "{mode: timer, after: 700ms}",
                                "{mode: log, match: up}",
                                "{mode: log, match: listening}",
                                "{mode: probe, tcp: \"127.0.0.1:9${slot}\"}");
                case 8 -> set(body, "umask", "\"0022\"", "\"0077\"");
                case 9 -> set(body, "drop-env", "[X, Y]", "[Y]");
                case 10 -> renameSocket(body);
                default -> dropOrAddSocket(body);
            }
        }
    }

    private void set(Body body, String key, String... values) {
        int which = random.nextInt(values.length + 1);
        if (which == values.length) {
            body.keys.remove(key);
        } else {
            body.keys.put(key, values[which]);
        }
    }

    private void renameSocket(Body body) {
        if (!body.sockets.isEmpty()) {
            Map.Entry<String, String> first = body.sockets.pollFirstEntry();
            body.sockets.put("s" + socketNames++, first.getValue());
        }
    }

    private void dropOrAddSocket(Body body) {
        if (body.sockets.isEmpty() || random.nextBoolean()) {
            body.sockets.put("s" + socketNames++, address());
        } else {
            body.sockets.pollFirstEntry();
        }
    }

    /// Some of its programs, perhaps none.
    public Set<String> some() {
        Set<String> some = new LinkedHashSet<>();
        for (String name : programs.keySet()) {
            if (random.nextInt(3) == 0) {
                some.add(name);
            }
        }
        return some;
    }

    /// As it stands.
    public String text() {
        StringBuilder text = new StringBuilder("programs:");
        text.append(programs.isEmpty() ? " {}\n" : "\n");
        programs.forEach(
                (name, body) -> {
                    text.append("  ").append(name).append(":\n");
                    text.append(body.keys.containsKey("command") ? "" : "    command: [./v0]\n");
                    body.keys.forEach(
                            (key, value) ->
                                    text.append("    ")
                                            .append(key)
                                            .append(": ")
                                            .append(value)
                                            .append('\n'));
                    List<String> sockets = new ArrayList<>();
                    body.sockets.forEach(
                            (socket, address) ->
                                    sockets.add("{name: " + socket + ", " + address + "}"));
                    text.append(sockets.isEmpty() ? "" : "    bind: " + sockets + "\n");
                });
        return text.toString();
    }

    /// What it means.
    ///
    /// @param file to write it to
    public ServicesSpec load(Path file) throws IOException {
        Files.writeString(file, text());
        LoadEnvironment loadEnvironment =
                new LoadEnvironment(Map.of(), 2, name -> true, name -> true);
        return switch (ConfigLoader.load(file, loadEnvironment)) {
            case LoadResult.Valid valid -> valid.services();
            case LoadResult.Invalid invalid ->
                    throw new AssertionError(invalid.problems().toString() + "\n" + text());
        };
    }
}
