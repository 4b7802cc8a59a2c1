// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;

/// The programs of a world, their file, and the operator. First everything comes up; then comes
/// everything that may come; then nothing bad happens any more, all of it has to come to rest as it
/// was told to be, and is stopped.
final class Shop {
    static final int ACK_FD = 9;
    private static final long PATIENCE = 600 * World.SECOND;
    private static final int MOST_RELOADS = 12;
    private static final int MOST_PROGRAMS = 7;
    private static final int MOST_SOCKETS = 5;

    private final World world;
    private final SplittableRandom random;
    private final List<Program> programs = new ArrayList<>();
    private final Client operator;
    private final Client other;
    private Act act = Act.OPENS;
    private int acts;
    private int version = 1;
    private long opened;
    private long quietSince;
    private int socketsMade;
    private boolean proven;
    private boolean reloading;
    private boolean killedAtRest;
    private int reloads;

    private enum Act {
        OPENS,
        ROUGH,
        QUIET,
        CLOSES
    }

    /// What an operator may have told a program to be.
    record Want(boolean stopped, int count) {}

    static final class Program {
        final String name;
        final String ack;
        final boolean canary;
        final boolean bystander;
        final int workers;
        final List<String> sockets;
        final Set<Integer> bad = new HashSet<>();
        Set<Want> possible;
        int version = 1;

        /// The file has it no more.
        boolean gone;

        /// Those that are open since a reload has ended well.
        Set<String> confirmed = Set.of();

        /// The newest that was told to run.
        int done = 1;

        boolean busy;

        Program(
                String name,
                String ack,
                boolean canary,
                boolean bystander,
                int workers,
                List<String> sockets) {
            this.name = name;
            this.ack = ack;
            this.canary = canary;
            this.bystander = bystander;
            this.workers = workers;
            this.sockets = new ArrayList<>(sockets);
            possible = Set.of(new Want(false, workers));
        }
    }

    Shop(World world) {
        this.world = world;
        random = world.random();
        operator = new Client(world);
        other = new Client(world);
        programs.add(new Program("bystander", "timer", false, true, 2, List.of("127.0.0.1:7000")));
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            programs.add(newProgram());
        }
    }

    private Program newProgram() {
        String name = "p" + (programs.size() - 1);
        String ack = List.of("manual", "manual", "notify", "timer", "fd").get(random.nextInt(5));
        List<String> sockets = new ArrayList<>();
        if (random.nextInt(4) > 0) {
            sockets.add(newAddress());
        }
        if (random.nextInt(3) == 0) {
            sockets.add("/run/" + name + ".sock");
        }
        boolean canary = random.nextInt(3) == 0;
        return new Program(name, ack, canary, false, 1 + random.nextInt(3), sockets);
    }

    private String newAddress() {
        return "127.0.0.1:" + (7001 + socketsMade++);
    }

    /// What the file says is so.
    void confirmed() {
        programs.forEach(program -> program.confirmed = Set.copyOf(program.sockets));
    }

    /// Whether somebody may rely on a socket: it was there, and nobody wants it gone.
    boolean serves(String address) {
        for (Program program : present()) {
            if (program.confirmed.contains(address) && program.sockets.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /// How many sockets the manager has for the programs: theirs, and two of its own for each.
    int bound() {
        return present().stream().mapToInt(program -> program.sockets.size() + 2).sum();
    }

    boolean needsNoAck(String name) {
        return programs.stream().anyMatch(one -> one.name.equals(name) && one.ack.equals("timer"));
    }

    private List<Program> present() {
        return programs.stream().filter(program -> !program.gone).toList();
    }

    List<Program> programs() {
        return programs;
    }

    boolean rough() {
        return act == Act.ROUGH;
    }

    boolean closes() {
        return act == Act.CLOSES;
    }

    void opens() {
        opened = world.nanosNow();
        write();
        world.after(2 * World.SECOND, this::becomesRough);
    }

    void born(Child child) {
        if (child.argv.contains("--upgrade-check")) {
            long takes = random.nextLong(300 * World.MILLI);
            int status = world.chance(10) ? 1 : 0;
            proven = status == 0 && !world.chance(10);
            boolean proves = proven;
            world.after(
                    takes,
                    () -> {
                        if (proves && !child.dead) {
                            prove(child);
                        }
                        world.kernel().dies(child, status, 0);
                    });
            return;
        }
        for (Program program : programs) {
            if (program.name.equals(child.program())) {
                child.actor = new Worker(world, program, child);
            }
        }
    }

    /// As a new program does that has read the image.
    private static void prove(Child child) {
        int image = Integer.parseInt(child.environment.getOrDefault("EINHYRNINGSINS_IMAGE", "-1"));
        if (child.table.get(image) instanceof OpenFile.OnDisk file) {
            CRC32 sum = new CRC32();
            sum.update(file.node.content);
            String proof = "\nread " + Long.toHexString(sum.getValue()) + "\n";
            byte[] all = file.node.content;
            byte[] more = proof.getBytes(StandardCharsets.US_ASCII);
            file.node.content = Arrays.copyOf(all, all.length + more.length);
            System.arraycopy(more, 0, file.node.content, all.length, more.length);
        }
    }

    /// Whether the program that was checked last has shown that it would do.
    boolean proven() {
        return proven;
    }

    // ---- the file

    private void write() {
        StringBuilder text = new StringBuilder("programs:\n");
        for (Program program : present()) {
            text.append("  ").append(program.name).append(":\n");
            text.append("    command: [/bin/worker]\n    directory: /tmp\n");
            text.append("    workers: ").append(program.workers).append('\n');
            text.append("    env: { VERSION: \"").append(program.version).append("\" }\n");
            text.append("    ack: ").append(ack(program)).append('\n');
            text.append("    stop: { signal: TERM, timeout: 2s }\n");
            text.append("    restart: { backoff: { first: 100ms, max: 3s } }\n");
            // a version that comes back by itself is not what the file says: the core's worlds have
            // it
            text.append("    rollout: { rollback-within: 0, strategy: ").append(strategy(program));
            text.append(program.canary ? ", canary: { watch: 2s } }\n" : " }\n");
            text.append("    bind:\n");
            for (String socket : program.sockets) {
                text.append("      - ").append(socket(socket)).append('\n');
            }
            if (program.sockets.isEmpty()) {
                text.setLength(text.length() - "    bind:\n".length());
            }
        }
        world.disk().put(World.FILE, text.toString());
    }

    private static String ack(Program program) {
        return switch (program.ack) {
            case "timer" -> "{ timer: 200ms }";
            case "fd" -> "{ mode: fd, fd: " + ACK_FD + ", timeout: 3s }";
            default -> "{ mode: " + program.ack + ", timeout: 3s }";
        };
    }

    private static String strategy(Program program) {
        return switch (program.name) {
            case "p1" -> "fleet";
            case "p2" -> "replace";
            default -> "smooth";
        };
    }

    private static String socket(String address) {
        String name = address.substring(address.length() - 4).replace('.', 's');
        String kind = address.startsWith("/") ? "unix" : "tcp";
        return "{ name: s" + name + ", " + kind + ": \"" + address + "\" }";
    }

    // ---- the rough act

    private void becomesRough() {
        if (world.managerOrNull() == null || !asWanted().isEmpty()) {
            if (world.nanosNow() - opened > PATIENCE) {
                throw new World.Broken("does not come up: " + asWanted());
            }
            world.after(World.SECOND, this::becomesRough);
            return;
        }
        world.promises().settled();
        act = Act.ROUGH;
        world.say("--- from now on anything may happen");
        acts = 40 + random.nextInt(120);
        dread();
        next();
    }

    private void next() {
        if (acts-- > 0) {
            world.after(pause(), this::happens);
        } else {
            becomesQuiet();
        }
    }

    private long pause() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong(5 * World.MILLI);
            case 1 -> random.nextLong(200 * World.MILLI);
            case 2 -> random.nextLong(2 * World.SECOND);
            default -> random.nextLong(8 * World.SECOND);
        };
    }

    /// The manager that runs, or the next one, may be killed at some call.
    void dread() {
        if (act == Act.ROUGH && random.nextInt(4) > 0) {
            world.killsIn(
                    switch (random.nextInt(4)) {
                        case 0 -> 1 + random.nextInt(60);
                        case 1 -> 1 + random.nextInt(400);
                        default -> 1 + random.nextInt(1500);
                    });
        }
    }

    /// What was told to be done must be so even if that was the last that the manager did.
    void isAnswered() {
        if (rough() && random.nextInt(12) == 0) {
            world.after(random.nextLong(20 * World.MILLI), this::kills);
        }
    }

    private void kills() {
        if (rough()) {
            world.kills();
        }
    }

    private void happens() {
        switch (random.nextInt(26)) {
            case 0 -> misfortune();
            case 1 -> {
                world.count("the clock is set");
                world.stepClock(random.nextLong(-100_000_000, 100_000_000));
            }
            case 2 -> world.kills();
            case 3 -> {
                world.count("the disk is full");
                world.disk().full = true;
                world.after(random.nextLong(5 * World.SECOND), () -> world.disk().full = false);
            }
            case 4 -> {
                world.count("the disk is read-only");
                world.disk().readOnly = true;
                world.after(random.nextLong(5 * World.SECOND), () -> world.disk().readOnly = false);
            }
            case 5 -> dread();
            case 6 -> {
                world.count("reexec");
                operator.ask("reexec", "[]", (code, reply) -> {});
            }
            case 7 -> {
                world.count("HUP");
                world.kernel().signalManager(1, 1);
            }
            case 8 -> removesAName();
            case 24, 25 -> removesState();
            case 9, 10, 11 -> reload();
            case 12 -> other.ask("status", "[]", (code, reply) -> {});
            default -> command();
        }
        next();
    }

    private void misfortune() {
        int calls = 4 + random.nextInt(80);
        world.after(
                100 * World.MILLI,
                () -> {
                    if (rough()) {
                        world.misfortune(calls);
                    }
                });
        world.after(World.SECOND + random.nextLong(6 * World.SECOND), () -> world.misfortune(0));
    }

    private void removesAName() {
        List<String> names = new ArrayList<>(world.disk().below("/run/m"));
        names.removeIf(name -> name.endsWith(".state") || name.endsWith(".workers"));
        names.addAll(world.disk().below(World.SOCKET + ".workers"));
        if (!names.isEmpty() && !world.hasMisfortune()) {
            world.count("a socket's file is removed");
            world.disk().remove(names.get(random.nextInt(names.size())));
        }
    }

    /// As somebody who cleans up does, while the manager runs or when it is gone. What operators
    /// had set by hand may be lost with it.
    private void removesState() {
        List<String> names = world.disk().below(World.STATE);
        if (names.isEmpty() || world.hasMisfortune() || !world.promises().written()) {
            return;
        }
        world.count("state is removed");
        for (Program program : programs) {
            Set<Want> either = new LinkedHashSet<>(program.possible);
            either.add(new Want(false, program.workers));
            either.add(new Want(true, program.workers));
            program.possible.forEach(want -> either.add(new Want(false, want.count())));
            program.possible = either;
        }
        world.promises().forgets();
        if (random.nextBoolean()) {
            world.disk().remove(names.get(random.nextInt(names.size())));
        } else {
            names.forEach(world.disk()::remove);
            world.disk().remove(World.STATE);
        }
        if (random.nextInt(3) == 0) {
            world.kills();
        }
    }

    private Program anyone() {
        List<Program> present = present();
        return present.get(1 + random.nextInt(present.size() - 1));
    }

    private void command() {
        Program program = anyone();
        String name = "[\"" + program.name + "\"]";
        switch (random.nextInt(11)) {
            case 9 -> ask(program, "promote", name, w -> w);
            case 10 -> ask(program, "abort", name, w -> w);
            case 0 -> ask(program, "stop", name, w -> new Want(true, w.count()));
            case 1, 2 -> ask(program, "start", name, w -> new Want(false, w.count()));
            case 3 -> {
                int count = 1 + random.nextInt(4);
                String args = "[\"" + program.name + "\",\"" + count + "\"]";
                ask(program, "scale", args, w -> new Want(w.stopped(), count));
            }
            case 4 -> ask(program, "inc", name, w -> new Want(w.stopped(), w.count() + 1));
            case 5 -> {
                if (program.possible.stream().allMatch(want -> want.count() > 1)) {
                    ask(program, "dec", name, w -> new Want(w.stopped(), w.count() - 1));
                }
            }
            case 6 -> ask(program, "restart", name, w -> new Want(false, w.count()));
            case 7 -> ask(program, "upgrade", name, w -> w);
            default -> {
                String args = "[\"HUP\",\"" + program.name + "\"]";
                ask(program, "signal", args, w -> w);
            }
        }
    }

    private void ask(Program program, String command, String args, UnaryOperator<Want> becomes) {
        if (program.busy) {
            return;
        }
        Set<Want> after = new LinkedHashSet<>();
        program.possible.forEach(want -> after.add(becomes.apply(want)));
        Client.Answered answered =
                (code, reply) -> {
                    program.busy = false;
                    if (code == 0) {
                        program.possible = after;
                    }
                };
        if (operator.ask(command, args, answered)) {
            program.busy = true;
            Set<Want> either = new LinkedHashSet<>(program.possible);
            either.addAll(after);
            program.possible = either;
        }
    }

    private void reload() {
        Program program = anyone();
        program.version = ++version;
        if (random.nextInt(3) == 0) {
            world.count("a version that does not come up");
            program.bad.add(version);
        }
        switch (random.nextInt(16)) {
            case 0, 1 -> bindsAnother(program);
            case 2, 3 -> givesUpASocket(program);
            case 4 -> {
                givesUpASocket(program);
                bindsAnother(program);
            }
            case 5 -> {
                if (programs.size() < MOST_PROGRAMS) {
                    world.count("a program is added");
                    programs.add(newProgram());
                }
            }
            case 6 -> {
                if (present().size() > 2) {
                    world.count("a program is removed");
                    program.gone = true;
                }
            }
            default -> {}
        }
        write();
        reload(operator);
    }

    /// At an address of its own: nobody promises that one can be had again at once.
    private void bindsAnother(Program program) {
        if (program.sockets.size() < MOST_SOCKETS) {
            world.count("a socket is added");
            program.sockets.add(newAddress());
        }
    }

    private void givesUpASocket(Program program) {
        if (!program.sockets.isEmpty()) {
            world.count("a socket is given up");
            program.sockets.remove(random.nextInt(program.sockets.size()));
        }
    }

    private void reload(Client client) {
        int[] versions = programs.stream().mapToInt(program -> program.version).toArray();
        List<Set<String>> sockets = new ArrayList<>();
        programs.forEach(program -> sockets.add(Set.copyOf(program.sockets)));
        client.ask(
                "reload",
                "[]",
                (code, reply) -> {
                    for (int i = 0; code == 0 && i < versions.length; i++) {
                        Program each = programs.get(i);
                        if (reply.contains(each.name + ": rolled to generation")) {
                            each.confirmed = sockets.get(i);
                        }
                        if (!each.possible.stream().anyMatch(Want::stopped)) {
                            each.done = Math.max(each.done, versions[i]);
                        }
                    }
                });
    }

    // ---- the quiet one

    private void becomesQuiet() {
        act = Act.QUIET;
        world.say("--- nothing bad happens any more");
        world.misfortune(0);
        world.killsIn(Long.MAX_VALUE);
        world.disk().full = false;
        world.disk().readOnly = false;
        for (Child child : world.kernel().processes().values()) {
            child.stopped = false;
        }
        for (Program program : programs) {
            if (program.bad.contains(program.version)) {
                program.version = ++version;
            }
        }
        write();
        quietSince = world.nanosNow();
        world.after(40 * World.SECOND, this::looks);
    }

    private void looks() {
        String trouble = operator.waits() ? "unanswered" : "";
        if (trouble.isEmpty() && !world.promises().idle()) {
            trouble = "no manager, or a busy one";
        }
        if (trouble.isEmpty()) {
            trouble = asWanted();
        }
        if (trouble.isEmpty() && reloads > 0) {
            trouble = world.promises().left();
        }
        if (trouble.isEmpty() && reloads > 0 && !reloading) {
            world.promises().rest();
            if (killedAtRest) {
                closes("die");
                return;
            }
            killedAtRest = true; // and nothing is to come of it
            world.kills();
        }
        if (world.nanosNow() - quietSince > PATIENCE) {
            throw new World.Broken("does not come to rest: " + trouble);
        }
        if (!killedAtRest && !reloading && reloads < MOST_RELOADS) {
            reloading =
                    other.ask(
                            "reload",
                            "[]",
                            (code, reply) -> {
                                reloading = false;
                                reloads += code == 0 ? 1 : 0;
                            });
        }
        world.after(20 * World.SECOND, this::looks);
    }

    private void closes(String command) {
        act = Act.CLOSES;
        world.after(
                300 * World.SECOND,
                () -> {
                    throw new World.Broken("does not end");
                });
        if (!other.ask(
                command,
                "[]",
                (code, reply) -> {
                    if (code != 0) {
                        throw new World.Broken("told to die, says " + code + " " + reply);
                    }
                })) {
            throw new World.Broken("nobody there to be told to die");
        }
    }

    /// One that closed everything has none.
    private static boolean hasItsSockets(Child child, Program program) {
        List<OpenFile.Bound> sockets = Promises.sockets(child);
        List<String> names = sockets.stream().map(socket -> String.valueOf(socket.name)).toList();
        return names.isEmpty() || names.equals(program.sockets);
    }

    /// Whether all is as it was told to be.
    ///
    /// @return what is not; empty if nothing
    private String asWanted() {
        StringBuilder trouble = new StringBuilder();
        for (Program program : programs) {
            Set<Integer> slots = new TreeSet<>();
            int workers = 0;
            boolean current = true;
            for (Child child : world.kernel().processes().values()) {
                if (child.worker() && child.program().equals(program.name)) {
                    workers++;
                    slots.add(child.slot());
                    String runs = child.environment.getOrDefault("VERSION", "");
                    current &= runs.equals(String.valueOf(program.version));
                    current &= hasItsSockets(child, program);
                    if (act == Act.QUIET && Integer.parseInt(runs) < program.done) {
                        trouble.append(program.name + " was told to run " + program.done);
                        trouble.append(" and runs " + runs + "; ");
                    }
                }
            }
            boolean wanted = program.gone && workers == 0;
            for (Want want : program.gone ? Set.<Want>of() : program.possible) {
                wanted |= workers == (want.stopped() ? 0 : want.count());
            }
            if (!wanted || !current || slots.size() != workers) {
                trouble.append(
                        String.format(
                                "%s: %d workers in slots %s, current: %s, wanted: %s; ",
                                program.name, workers, slots, current, program.possible));
            }
        }
        return trouble.toString();
    }
}
