// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/// Changes of which it is known how each has to end, for clients and for the operator: one after
/// the other, while nothing bad happens but what belongs to it, and that the manager may be killed
/// or replaced at any of its calls.
///
/// All the time, clients connect to every address that was served before. Nobody is refused, and
/// everybody is accepted in time by a worker that may.
final class Errands {
    private static final long LOOK = 100 * World.MILLI;

    /// For what has to be so soon; time without a manager does not count.
    private static final long SOON = 60 * World.SECOND;

    /// How long what has to stay is looked at.
    private static final long STAYS = 5 * World.SECOND;

    /// Longer than any rollout that fails.
    private static final long TRIES = 60 * World.SECOND;

    private final World world;
    private final Shop shop;
    private final Runnable over;
    private final SplittableRandom random;
    private final Client operator;
    private final Client other;
    private final Visitor visitor;
    private final Map<String, Set<String>> owners = new HashMap<>();
    private int left;
    private long patience = 2 * World.SECOND;
    private boolean visiting;

    /// A socket whose file was removed, and may not be there again.
    private String removed = "";

    private boolean answered;
    private int code;
    private int kills;

    Errands(World world, Shop shop, Runnable over) {
        this.world = world;
        this.shop = shop;
        this.over = over;
        this.random = world.random();
        this.operator = new Client(world);
        this.other = new Client(world);
        this.visitor = new Visitor(world);
    }

    void begin() {
        left = random.nextInt(3);
        visiting = true;
        visits();
        next();
    }

    private void next() {
        if (left-- == 0) {
            visiting = false;
            await("served", SOON, () -> visitor.waiting() == 0, over);
            return;
        }
        patience = 2 * World.SECOND;
        owners.clear();
        for (Program program : shop.present()) {
            program.sockets.forEach(address -> owns(address, program));
        }
        kills = world.timesKilled();
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> moves();
            case 3, 4 -> exchanges();
            case 5, 6 -> renames();
            case 7 -> failsLate();
            case 8, 9 -> removesAFile();
            default -> jobs();
        }
    }

    /// The next comes when all is at rest.
    private void done() {
        await("as it was told to be", SOON, shop::atRest, this::next);
    }

    // ---- clients

    private void owns(String address, Program program) {
        owners.computeIfAbsent(address, a -> new HashSet<>()).add(program.name);
    }

    private void visits() {
        if (!visiting) {
            return;
        }
        owners.forEach(
                (address, names) -> {
                    visitor.excuse(address, address.equals(removed) || isAway(names));
                    visitor.visit(
                            address, patience(names), child -> names.contains(child.program()));
                });
        world.after(200 * World.MILLI, this::visits);
    }

    /// Who replaces its workers before others are up is away for a moment, and as long as there is
    /// no manager.
    private long patience(Set<String> names) {
        return replaces(names) ? Math.max(patience, 40 * World.SECOND) : patience;
    }

    private boolean replaces(Set<String> names) {
        return shop.programs().stream()
                .anyMatch(p -> names.contains(p.name) && p.strategy.equals("replace"));
    }

    /// Whether the last worker that has a socket may end while there is no manager: then nobody has
    /// it.
    private boolean isAway(Set<String> names) {
        return kills != world.timesKilled() && (replaces(names) || patience > 2 * World.SECOND);
    }

    // ---- sockets change hands

    private List<Program> some() {
        List<Program> some = new ArrayList<>(shop.present());
        some.removeIf(program -> program.bystander || program.ends());
        world.shuffle(some);
        return some;
    }

    /// From one to another, or along a chain, of which one may not come up.
    private void moves() {
        List<Program> chain = some();
        if (random.nextInt(3) == 0 || chain.size() < 2) {
            Program added = shop.newProgram();
            added.sockets.clear();
            shop.programs().add(added);
            chain.add(added);
        }
        Program first = chain.getFirst();
        chain.removeIf(program -> program != first && !program.canReceive());
        while (chain.size() > 3) {
            chain.removeLast();
        }
        shop.present().stream()
                .filter(program -> !chain.contains(program) && !isThere(program))
                .forEach(program -> program.gone = true);
        if (chain.size() < 2
                || chain.subList(0, chain.size() - 1).stream().anyMatch(p -> p.sockets.isEmpty())) {
            chain.stream().filter(p -> !isThere(p)).forEach(p -> p.gone = true);
            next();
            return;
        }
        world.count(chain.size() == 2 ? "a socket is moved" : "sockets are moved along a chain");
        Step step = new Step();
        for (int i = 0; i + 1 < chain.size(); i++) {
            step.gives(chain.get(i), chain.get(i + 1));
        }
        if (random.nextInt(4) == 0 && chain.getFirst().sockets.isEmpty()) {
            chain.getFirst().gone = true;
        }
        step.goes();
    }

    private boolean isThere(Program program) {
        return world.kernel().processes().values().stream()
                .anyMatch(child -> child.worker() && child.program().equals(program.name));
    }

    private void exchanges() {
        List<Program> two = some();
        two.removeIf(program -> !program.canReceive() || program.sockets.isEmpty());
        if (two.size() < 2) {
            moves();
            return;
        }
        world.count("sockets are exchanged");
        Step step = new Step();
        step.gives(two.get(0), two.get(1));
        step.gives(two.get(1), two.get(0));
        step.goes();
    }

    private void renames() {
        Program program = some().getFirst();
        world.count("a program is renamed");
        Step step = new Step();
        Program renamed = program.renamed(shop.newName());
        renamed.version = program.version;
        shop.programs().add(renamed);
        step.before.remove(renamed);
        program.gone = true;
        step.receivers.add(renamed);
        program.sockets.forEach(address -> step.receives(address, renamed));
        step.goes();
    }

    /// One change of the file, with what was before.
    private final class Step {
        private final Map<Program, Before> before = new HashMap<>();
        private final List<Program> receivers = new ArrayList<>();
        private final Map<String, Program> to = new HashMap<>();

        Step() {
            for (Program program : shop.programs()) {
                before.put(
                        program,
                        new Before(
                                List.copyOf(program.sockets),
                                program.version,
                                program.gone || !isThere(program)));
            }
        }

        void gives(Program from, Program receiver) {
            List<String> has = Objects.requireNonNull(before.get(from)).sockets();
            String address = has.get(random.nextInt(has.size()));
            from.sockets.remove(address);
            receiver.sockets.add(address);
            receiver.version = shop.newVersion();
            receivers.add(receiver);
            receives(address, receiver);
        }

        void receives(String address, Program receiver) {
            to.put(address, receiver);
            owns(address, receiver);
        }

        void goes() {
            Program failing =
                    random.nextBoolean() ? null : receivers.get(random.nextInt(receivers.size()));
            if (failing == null) {
                changes(this::went);
            } else {
                world.count("a receiver that does not come up");
                failing.version = shop.newVersion();
                failing.bad.add(failing.version);
                to.forEach(
                        (address, p) -> {
                            if (p == failing) {
                                Objects.requireNonNull(owners.get(address)).remove(p.name);
                            }
                        });
                changes(() -> failed(failing));
            }
        }

        private void went() {
            if (code > 0) {
                throw new World.Broken("a good reload ends with " + code);
            }
            await("changed hands", SOON, shop::atRest, this::isServed);
        }

        /// By those who have it now, and by nobody else.
        private void isServed() {
            to.forEach(
                    (address, program) -> {
                        owners.put(address, Set.of(program.name));
                        visitor.visit(
                                address, 2 * World.SECOND, c -> c.program().equals(program.name));
                    });
            world.after(STAYS, Errands.this::done);
        }

        /// Who had it has it, which was looked at all the time. Then it is good after all, or the
        /// file is as it was.
        private void failed(Program failing) {
            if (code == 0) {
                throw new World.Broken("a reload that failed ends with 0");
            }
            await("the receiver is given up", SOON, () -> !tries(failing), () -> heals(failing));
        }

        private boolean tries(Program failing) {
            return world.kernel().processes().values().stream()
                    .anyMatch(
                            child ->
                                    child.worker()
                                            && child.program().equals(failing.name)
                                            && failing.bad.contains(
                                                    Integer.parseInt(
                                                            child.environment.get("VERSION"))));
        }

        private void heals(Program failing) {
            boolean good = random.nextBoolean();
            if (good) {
                failing.version = shop.newVersion();
                to.forEach((address, program) -> owns(address, program));
            } else {
                for (Program program : shop.programs()) {
                    Before was = before.get(program);
                    program.gone = was == null || was.gone();
                    if (was != null) {
                        program.sockets.clear();
                        program.sockets.addAll(was.sockets());
                        program.version = was.version();
                    }
                }
                for (Program program : shop.present()) {
                    program.sockets.forEach(address -> owns(address, program));
                }
            }
            changes(good ? this::went : this::wentBack);
        }

        private void wentBack() {
            if (code > 0) {
                throw new World.Broken("back to the file that was there ends with " + code);
            }
            done();
        }
    }

    private record Before(List<String> sockets, int version, boolean gone) {}

    // ---- the version before

    private void failsLate() {
        List<Program> some = some();
        some.removeIf(program -> !program.rollback);
        if (some.isEmpty()) {
            renames();
            return;
        }
        world.count("a version that fails late");
        Program program = some.getFirst();
        int before = program.version;
        program.version = shop.newVersion();
        program.late.add(program.version);
        patience = 60 * World.SECOND;
        changes(
                () ->
                        await(
                                "the version before is back",
                                SOON,
                                // the next manager tries it again, and may have none to go back to
                                () -> kills != world.timesKilled() || runs(program, before),
                                () -> world.after(STAYS, () -> stays(program, before))));
    }

    private void stays(Program program, int version) {
        if (kills == world.timesKilled() && !runs(program, version)) {
            throw new World.Broken("the version before was back, and is not any more");
        }
        program.version = shop.newVersion();
        changes(
                () -> {
                    if (code > 0) {
                        throw new World.Broken("a good version ends with " + code);
                    }
                    done();
                });
    }

    private boolean runs(Program program, int version) {
        int count = 0;
        for (Child child : world.kernel().processes().values()) {
            if (child.worker() && child.program().equals(program.name)) {
                boolean is = String.valueOf(version).equals(child.environment.get("VERSION"));
                count += is && (child.serves || program.ack.equals("timer")) ? 1 : 100;
            }
        }
        return count == program.workers;
    }

    // ---- files

    private void removesAFile() {
        List<String> files = new ArrayList<>();
        for (Program program : some()) {
            files.addAll(program.sockets.stream().filter(name -> name.startsWith("/")).toList());
        }
        if (files.isEmpty()) {
            moves();
            return;
        }
        String file = files.getFirst();
        removed = file;
        visitor.excuse(file, true);
        String directory = file.substring(0, file.lastIndexOf('/'));
        boolean all = random.nextInt(3) == 0;
        world.count(all ? "a socket loses both names" : "a program's socket loses its name");
        OpenFile.Bound lost = world.kernel().holder(file);
        if (all) { // one that is bound anew is closed if the manager is killed at once
            patience = 60 * World.SECOND;
            shop.unconfirmed(file);
            for (String each : world.disk().below(World.STATE)) {
                Disk.Node node = world.disk().at(each);
                if (node != null && node.socket == lost) {
                    world.disk().remove(each);
                }
            }
        }
        if (all || random.nextBoolean()) {
            world.disk().below(directory).forEach(world.disk()::remove);
            world.disk().remove(directory);
        }
        world.disk().remove(file);
        dread();
        await(
                "the file is there again",
                5 * World.SECOND,
                () -> visitor.isOpen(file),
                () -> {
                    visitor.visit(file, 60 * World.SECOND, child -> true);
                    if (!all && world.kernel().holder(file) != lost) {
                        throw new World.Broken("a socket that had another name is another");
                    }
                    await(
                            "served by path",
                            SOON,
                            () -> serves(file),
                            () -> {
                                removed = all ? file : "";
                                world.after(
                                        STAYS,
                                        () -> {
                                            removed = "";
                                            done();
                                        });
                            });
                });
    }

    private boolean serves(String address) {
        OpenFile.Bound door = world.kernel().holder(address);
        return door != null
                && world.kernel().processes().values().stream()
                        .anyMatch(child -> Visitor.accepts(child, door));
    }

    // ---- jobs

    /// One that is to run once, and a program that comes after it.
    private void jobs() {
        Program job = new Program(shop.newName(), "timer", false, false, "smooth", 1, List.of());
        shop.programs().add(job);
        Program then = shop.newProgram();
        shop.programs().add(then);
        job.restart = random.nextInt(3) == 0 ? "on-failure" : "never";
        job.failures = random.nextInt(3);
        then.after = List.of(job.name);
        world.count("a job that is " + job.restart + " restarted");
        if (random.nextBoolean()) { // perhaps while it runs, so that nobody sees its end
            world.after(random.nextLong(2 * World.SECOND), world::kills);
        }
        changes(
                () ->
                        world.after(
                                TRIES,
                                () ->
                                        await(
                                                "a manager",
                                                SOON,
                                                () -> world.promises().idle(),
                                                () -> hasRun(job, then))));
    }

    private void hasRun(Program job, Program then) {
        boolean killed = kills != world.timesKilled();
        boolean well = job.well;
        boolean once = job.restart.equals("never");
        String runs = " ran " + job.runs + " times, " + job.failures + " failures";
        if (once ? job.runs != 1 : job.runs <= job.failures) {
            throw new World.Broken("a job" + runs);
        }
        if (!once && !killed && job.runs > job.failures + 1) {
            throw new World.Broken("a job that ended well" + runs);
        }
        boolean follows = isThere(then);
        if (once && (follows ? !well : well && !killed)) {
            throw new World.Broken("after a job, that" + runs + ", comes one: " + follows);
        }
        if (!killed && code >= 0 && once && (code == 0) != well) {
            throw new World.Broken("a job that" + runs + " ends the reload with " + code);
        }
        if (once && random.nextBoolean()) {
            startsAgain(job, then);
        } else {
            leave(job, then);
        }
    }

    private void startsAgain(Program job, Program then) {
        int before = job.runs;
        asks(
                "start",
                "[\"" + job.name + "\"]",
                () ->
                        world.after(
                                10 * World.SECOND,
                                () -> {
                                    if (job.runs != before + 1 && code >= 0) {
                                        throw new World.Broken(
                                                "told to start, a job ran " + (job.runs - before));
                                    }
                                    leave(job, then);
                                }));
    }

    private void leave(Program job, Program then) {
        job.gone = true;
        then.gone = true;
        changes(this::done);
    }

    // ---- the operator

    private void changes(Runnable then) {
        shop.write();
        dread();
        asks("reload", "[]", then);
    }

    /// Half of the time the manager does not live to the end of it, or becomes another.
    private void dread() {
        if (random.nextInt(2) == 0) {
            world.killsIn(1 + random.nextInt(random.nextBoolean() ? 300 : 1500));
        }
        if (random.nextInt(3) == 0) {
            world.count("reexec");
            world.after(
                    random.nextLong(3 * World.SECOND),
                    () -> other.ask("reexec", "[]", (result, reply) -> {}));
        }
    }

    /// Asks, and goes on when it is answered; or, if the manager does not live that long, when the
    /// next one must have done it by itself.
    private void asks(String command, String args, Runnable then) {
        answered = false;
        await(
                "a manager",
                SOON,
                () -> asked(command, args),
                () ->
                        await(
                                "an answer",
                                10 * SOON,
                                () -> answered,
                                () -> {
                                    world.killsIn(Long.MAX_VALUE);
                                    long wait = code < 0 ? TRIES : 0;
                                    world.after(wait, then);
                                }));
    }

    private boolean asked(String command, String args) {
        return operator.ask(
                command,
                args,
                (result, reply) -> {
                    code = result;
                    answered = true;
                });
    }

    /// Goes on when something is so.
    ///
    /// @param bound how long a manager may be there until it is
    private void await(String what, long bound, BooleanSupplier is, Runnable then) {
        if (is.getAsBoolean()) {
            then.run();
        } else if (bound < 0) {
            throw new World.Broken("not in time: " + what + "; " + shop.trouble());
        } else {
            long next = world.managerOrNull() == null ? bound : bound - LOOK;
            world.after(LOOK, () -> await(what, next, is, then));
        }
    }
}
