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

/// The programs of a world, their file, and the operator. First everything comes up; then come
/// [Errands], of each of which it is known how it has to end; then everything that may come; then
/// nothing bad happens any more, all of it has to come to rest as it was told to be, and is
/// stopped.
final class Shop {
    static final int ACK_FD = 9;
    private static final long PATIENCE = 600 * World.SECOND;
    private static final int MAX_RELOADS = 12;
    private static final int MAX_PROGRAMS = 7;
    static final int MAX_SOCKETS = 5;

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
    private boolean visitedAtRest;
    private int reloads;

    /// Addresses that are served since a reload has ended well.
    private final Set<String> confirmed = new HashSet<>();

    private enum Act {
        OPENS,
        ERRANDS,
        ROUGH,
        QUIET,
        CLOSES
    }

    Shop(World world) {
        this.world = world;
        random = world.random();
        operator = new Client(world);
        other = new Client(world);
        programs.add(
                new Program(
                        "bystander", "timer", false, true, "smooth", 2, List.of("127.0.0.1:7000")));
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            programs.add(newProgram());
        }
    }

    Program newProgram() {
        String name = newName();
        String strategy =
                switch (name) {
                    case "p1" -> "fleet";
                    case "p2" -> "replace";
                    default -> "smooth";
                };
        String ack = List.of("manual", "manual", "notify", "timer", "fd").get(random.nextInt(5));
        List<String> sockets = new ArrayList<>();
        if (random.nextInt(4) > 0) {
            sockets.add(newAddress());
        }
        if (random.nextInt(3) == 0) {
            sockets.add("/run/" + name + "/" + name + ".sock");
            world.disk().directory("/run/" + name);
        }
        boolean canary = random.nextInt(3) == 0;
        int workers = 1 + random.nextInt(3);
        Program made = new Program(name, ack, canary, false, strategy, workers, sockets);
        made.rollback = random.nextInt(3) == 0;
        return made;
    }

    String newName() {
        return "p" + (programs.size() - 1);
    }

    int newVersion() {
        return ++version;
    }

    String newAddress() {
        return "127.0.0.1:" + (7001 + socketsMade++);
    }

    /// What the file says is so.
    void confirmed() {
        present().forEach(program -> confirmed.addAll(program.sockets));
    }

    void unconfirmed(String address) {
        confirmed.remove(address);
    }

    /// Whether somebody may rely on a socket: it was there, and nobody wants it gone.
    boolean serves(String address) {
        return confirmed.contains(address)
                && present().stream().anyMatch(program -> program.sockets.contains(address));
    }

    /// How many sockets the manager has for the programs: theirs, and two of its own for each.
    int bound() {
        return present().stream().mapToInt(program -> program.sockets.size() + 2).sum();
    }

    /// Whether a worker of that name is up after a time. A version that is rolled back to may be
    /// that of the program whose place this one took.
    boolean needsNoAck(String name) {
        return programs.stream()
                .anyMatch(one -> (one.gone || one.name.equals(name)) && one.ack.equals("timer"));
    }

    List<Program> present() {
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
        world.after(2 * World.SECOND, this::isOpen);
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
                child.actor =
                        program.ends()
                                ? new Job(world, program, child)
                                : new Worker(world, program, child);
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

    void write() {
        StringBuilder text = new StringBuilder("programs:\n");
        for (Program program : present()) {
            program.write(text);
        }
        world.disk().put(World.FILE, text.toString());
        confirmed.removeIf(address -> !serves(address)); // it comes no more
    }

    // ---- the rough act

    private void isOpen() {
        if (world.managerOrNull() == null || !asWanted().isEmpty()) {
            if (world.nanosNow() - opened > PATIENCE) {
                throw new World.Broken("does not come up: " + asWanted());
            }
            world.after(World.SECOND, this::isOpen);
            return;
        }
        world.promises().settled();
        act = Act.ERRANDS;
        new Errands(world, this, this::becomesRough).begin();
    }

    private void becomesRough() {
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

    /// Whether all is as the file says and the manager waits.
    boolean atRest() {
        return world.promises().idle() && asWanted().isEmpty();
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
            Set<Program.Want> either = new LinkedHashSet<>(program.possible);
            either.add(new Program.Want(false, program.workers));
            either.add(new Program.Want(true, program.workers));
            program.possible.forEach(want -> either.add(new Program.Want(false, want.count())));
            program.possible = either;
        }
        world.promises().forgets();
        // whoever was to take over a socket is new to a manager that knows nothing of it, and is
        // removed if it does not come up
        present().stream()
                .filter(program -> program.receives)
                .forEach(program -> confirmed.removeAll(program.sockets));
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
            case 0 -> {
                confirmed.removeAll(program.gave);
                ask(program, "stop", name, w -> new Program.Want(true, w.count()));
            }
            case 1, 2 -> ask(program, "start", name, w -> new Program.Want(false, w.count()));
            case 3 -> {
                int count = 1 + random.nextInt(4);
                String args = "[\"" + program.name + "\",\"" + count + "\"]";
                ask(program, "scale", args, w -> new Program.Want(w.stopped(), count));
            }
            case 4 -> ask(program, "inc", name, w -> new Program.Want(w.stopped(), w.count() + 1));
            case 5 -> {
                if (program.possible.stream().allMatch(want -> want.count() > 1)) {
                    ask(program, "dec", name, w -> new Program.Want(w.stopped(), w.count() - 1));
                }
            }
            case 6 -> ask(program, "restart", name, w -> new Program.Want(false, w.count()));
            case 7 -> ask(program, "upgrade", name, w -> w);
            default -> {
                String args = "[\"HUP\",\"" + program.name + "\"]";
                ask(program, "signal", args, w -> w);
            }
        }
    }

    private void ask(
            Program program, String command, String args, UnaryOperator<Program.Want> becomes) {
        if (program.busy) {
            return;
        }
        Set<Program.Want> after = new LinkedHashSet<>();
        program.possible.forEach(want -> after.add(becomes.apply(want)));
        Client.Answered answered =
                (code, reply) -> {
                    program.busy = false;
                    if (code == 0) {
                        program.possible = program.isNew ? orAsNew(program, after) : after;
                    }
                };
        if (operator.ask(command, args, answered)) {
            program.busy = true;
            Set<Program.Want> either = new LinkedHashSet<>(program.possible);
            either.addAll(after);
            program.possible = program.isNew ? orAsNew(program, either) : either;
        }
    }

    private static Set<Program.Want> orAsNew(Program program, Set<Program.Want> wants) {
        Set<Program.Want> either = new LinkedHashSet<>(wants);
        either.add(new Program.Want(false, program.workers));
        return either;
    }

    private void reload() {
        Program program = anyone();
        program.version = ++version;
        if (random.nextInt(3) == 0) {
            world.count("a version that does not come up");
            program.bad.add(version);
        }
        switch (random.nextInt(18)) {
            case 0, 1 -> bindsAnother(program);
            case 2, 3 -> givesUpASocket(program);
            case 4 -> {
                givesUpASocket(program);
                bindsAnother(program);
            }
            case 5 -> {
                if (programs.size() < MAX_PROGRAMS) {
                    world.count("a program is added");
                    Program added = newProgram();
                    added.isNew = true;
                    programs.add(added);
                }
            }
            case 6 -> {
                if (present().size() > 2) {
                    world.count("a program is removed");
                    program.gone = true;
                }
            }
            case 7, 8 -> moves(program, anyone());
            case 9 -> renames(program);
            default -> {}
        }
        write();
        reload(operator);
    }

    /// At an address of its own: nobody promises that one can be had again at once.
    private void bindsAnother(Program program) {
        if (program.sockets.size() < MAX_SOCKETS) {
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

    /// Who replaces its workers before others are up exchanges nothing: it may only give.
    private void moves(Program from, Program to) {
        if (from != to && to.canReceive() && !from.sockets.isEmpty()) {
            world.count("a socket moves");
            String address = from.sockets.remove(random.nextInt(from.sockets.size()));
            to.sockets.add(address);
            if (to.rollback) { // to a version that has it not
                confirmed.remove(address);
            }
            gives(from, List.of(address));
            to.version = newVersion();
            to.receives = true;
        }
    }

    private void renames(Program program) {
        if (programs.size() < MAX_PROGRAMS) {
            world.count("a program is renamed");
            Program renamed = program.renamed(newName());
            renamed.version = newVersion();
            renamed.receives = true;
            renamed.isNew = true;
            if (random.nextInt(3) == 0) {
                renamed.bad.add(renamed.version);
            }
            program.gone = true;
            gives(program, program.sockets);
            programs.add(renamed);
        }
    }

    /// Who is stopped serves nobody, so nothing is kept for anybody until the other serves.
    private void gives(Program from, List<String> addresses) {
        from.gave.addAll(addresses);
        if (from.mayBeStopped()) {
            confirmed.removeAll(addresses);
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
                            each.isNew = false;
                            // a version that comes back may not have it
                            confirmed.addAll(each.rollback ? Set.of() : sockets.get(i));
                        }
                        if (!each.rollback && !each.mayBeStopped()) {
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
            if (program.rollback || program.bad.contains(program.version)) {
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
            if (visitedAtRest && killedAtRest) {
                closes("die");
                return;
            }
            visits();
            visitedAtRest = killedAtRest;
            if (!killedAtRest) {
                killedAtRest = true; // and nothing is to come of it
                world.kills();
            }
        }
        if (world.nanosNow() - quietSince > PATIENCE) {
            throw new World.Broken("does not come to rest: " + trouble);
        }
        for (Program program : present()) { // who is stopped takes nothing over
            if (program.receives && program.mayBeStopped()) {
                String name = "[\"" + program.name + "\"]";
                ask(program, "start", name, w -> new Program.Want(false, w.count()));
            }
        }
        if (!killedAtRest && !reloading && reloads < MAX_RELOADS) {
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

    /// Whoever connects is served by the program that the file gives the address to, if any worker
    /// of it is left that has not closed everything in the rough act, or does not work at all.
    private void visits() {
        Visitor visitor = new Visitor(world);
        for (Child child : world.kernel().processes().values()) {
            for (Program program : present()) {
                if (child.worker()
                        && child.program().equals(program.name)
                        && child.serves
                        && !Promises.sockets(child).isEmpty()) {
                    program.sockets.forEach(
                            address ->
                                    visitor.visit(
                                            address,
                                            5 * World.SECOND,
                                            by -> by.program().equals(program.name)));
                }
            }
        }
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
    String trouble() {
        return asWanted();
    }

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
            boolean wanted = (program.gone || program.ends()) && workers == 0;
            for (Program.Want want : program.gone ? Set.<Program.Want>of() : program.possible) {
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
