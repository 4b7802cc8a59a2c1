// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// What a worker does: it comes up, says so, works, goes when it is told; or not.
final class Worker implements Child.Actor {
    private static final int TERM = 15;
    private static final int MAX_TRIES = 200;

    private final World world;
    private final Program program;
    private final Child child;
    private final boolean wild;
    private final boolean late;
    private final boolean ignoresTerm;
    private boolean told;
    private int tries;

    Worker(World world, Program program, Child child) {
        this.world = world;
        this.program = program;
        this.child = child;
        String version = child.environment.getOrDefault("VERSION", "1");
        this.wild = world.shop().rough() && !program.bystander;
        this.ignoresTerm = wild && world.chance(8);
        boolean good = !program.bad.contains(Integer.parseInt(version));
        this.late = program.late.contains(Integer.parseInt(version));
        long boot = world.random().nextLong(wild ? 800 * World.MILLI : 50 * World.MILLI);
        if (good && !(wild && world.chance(20))) {
            later(boot, this::ready);
        } else {
            world.count("a worker that does not come up");
            if (world.random().nextBoolean() || (!wild && program.ack.equals("timer"))) {
                later(boot, () -> dies(1));
            }
        }
        if (wild) {
            misbehaves(boot);
        }
    }

    private void later(long delay, Runnable what) {
        world.after(
                delay,
                () -> {
                    if (!child.dead && child.stopped) {
                        later(100 * World.MILLI, what);
                    } else if (!child.dead) {
                        what.run();
                    }
                });
    }

    // ---- what it does well

    private void ready() {
        child.serves = !told;
        if (late) {
            world.count("a worker that fails late");
            long lives = 500 * World.MILLI + world.random().nextLong(2 * World.SECOND);
            later(lives, () -> world.kernel().dies(child, 1, 0));
        }
        switch (program.ack) {
            case "manual" -> acks(child.pid);
            case "notify" -> notifies("READY=1");
            case "fd" -> writes();
            default -> {}
        }
    }

    private void acks(int pid) {
        String path = child.environment.getOrDefault("EINHORN_SOCK_PATH", "");
        OpenFile.Bound door = world.kernel().holder(path);
        if (door == null || !door.listening || door.waiting.size() > 100) {
            if (tries++ < MAX_TRIES) {
                later(300 * World.MILLI, () -> acks(pid));
            }
            return;
        }
        OpenFile.Stream line = world.kernel().connected(door, child.pid);
        String text = "{\"command\":\"worker:ack\",\"pid\":" + pid + "}\n";
        line.write(text.getBytes(StandardCharsets.UTF_8));
        child.said |= pid == child.pid;
        if (world.chance(2)) {
            line.released();
        } else {
            world.after(world.random().nextLong(2 * World.SECOND), line::released);
        }
    }

    private void notifies(String text) {
        String path = child.environment.getOrDefault("NOTIFY_SOCKET", "");
        OpenFile.Bound door = world.kernel().holder(path);
        if (door != null && door.messages.size() < 10) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            door.messages.add(new OpenFile.Message(child.pid, bytes));
            child.said |= text.equals("READY=1");
        } else if (tries++ < MAX_TRIES) {
            later(300 * World.MILLI, () -> notifies(text));
        }
    }

    private void writes() {
        if (child.table.get(Shop.ACK_FD) instanceof OpenFile.PipeEnd pipe) {
            pipe.content.write('\n');
            child.said = true;
        }
    }

    private void dies(int code) {
        world.kernel().dies(child, code, 0);
    }

    @Override
    public void signal(int number) {
        if (number == TERM && !told && !ignoresTerm) {
            told = true;
            child.serves = false;
            long drain = world.random().nextLong(wild ? 3 * World.SECOND : 200 * World.MILLI);
            later(world.chance(4) ? 0 : drain, () -> dies(0));
        }
    }

    // ---- and what not

    private void misbehaves(long boot) {
        if (world.chance(4)) {
            mischief(world.random().nextLong(1 + boot));
        }
        if (world.chance(3)) {
            mischief(world.random().nextLong(30 * World.SECOND));
        }
    }

    private void mischief(long delay) {
        later(
                delay,
                () -> {
                    if (world.shop().rough()) {
                        does(world.random().nextInt(10));
                    }
                });
    }

    private void does(int what) {
        switch (what) {
            case 0, 1 -> {
                world.count("a worker dies");
                dies(world.random().nextInt(3));
            }
            case 2 -> {
                world.count("a worker is shot");
                world.kernel().dies(child, 0, 9);
            }
            case 3 -> {
                world.count("a worker is stopped");
                world.kernel().suspends(child, true);
                world.after(
                        world.random().nextLong(20 * World.SECOND),
                        () -> world.kernel().suspends(child, false));
            }
            case 4 -> {
                world.count("a foreign ack");
                acks(world.chance(4) ? 999_999 : somebody());
            }
            case 5 -> {
                world.count("a worker acks without end");
                for (int i = 0; i < 50; i++) {
                    later(i * World.MILLI, this::ready);
                }
            }
            case 6 -> {
                world.count("a worker forks twice");
                forksTwice();
            }
            case 7 -> {
                world.count("a worker closes everything");
                for (Child each : world.kernel().processes().values()) {
                    if (each.mark().equals(child.mark())) {
                        each.table.closeAll();
                    }
                }
            }
            case 8 -> {
                world.count("a late or second ack");
                ready();
            }
            default -> {
                world.count("nonsense at the worker socket");
                nonsense();
            }
        }
    }

    /// A sibling that is not up, if there is one: it must not be taken for up.
    private int somebody() {
        List<Child> all = List.copyOf(world.kernel().processes().values());
        List<Child> siblings = all.stream().filter(this::waitsBesides).toList();
        List<Child> some = siblings.isEmpty() ? all : siblings;
        return some.get(world.random().nextInt(some.size())).pid;
    }

    private boolean waitsBesides(Child other) {
        return other.worker()
                && other != child
                && !other.said
                && other.program().equals(program.name);
    }

    /// The second one loses its parent at once, and outlives the worker if it may.
    private void forksTwice() {
        Child first = world.kernel().forked(child);
        Child second = world.kernel().forked(first);
        second.group = world.random().nextBoolean() ? child.group : second.pid;
        world.kernel().dies(first, 0, 0);
    }

    private void nonsense() {
        String path = child.environment.getOrDefault("EINHORN_SOCK_PATH", "");
        OpenFile.Bound door = world.kernel().holder(path);
        if (door != null && door.waiting.size() < 100) {
            OpenFile.Stream line = world.kernel().connected(door, child.pid);
            byte[] bytes = new byte[world.random().nextInt(6000)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) world.random().nextInt(256);
            }
            line.write(bytes);
            world.after(world.random().nextLong(World.SECOND), line::released);
        }
        notifies("NONSENSE=" + world.random().nextInt());
    }
}
