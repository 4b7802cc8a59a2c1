// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.einhyrningsins.manager.Manager;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/// A simulated machine with a manager on it, in virtual time: all of it follows from a seed.
///
/// Time passes with each call that the manager makes, and while it waits. What is due then happens
/// between two of its calls, as it does on a machine with several processors.
final class World {
    static final int USER = 1000;
    static final int EVENT = System.getProperty("os.arch", "").equals("amd64") ? 12 : 16;
    static final String SOCKET = "/run/m/control.sock";
    static final String STATE = "/run/m/control.sock.state";
    static final String FILE = "/etc/services.yaml";

    static final long MILLI = 1_000_000;
    static final long SECOND = 1_000 * MILLI;

    private static final int MAX_TOLD = 400;
    private static final int MAX_STARTS_IN_A_ROW = 200;

    /// More calls within a second are those of a manager that turns round and round.
    private static final int MAX_CALLS = 20_000;

    private final long seed;
    private final SplittableRandom random;
    private final Disk disk = new Disk(this);
    private final Kernel kernel = new Kernel(this, disk);
    private final Promises promises = new Promises(this);
    private final Shop shop;
    private final PriorityQueue<Due> agenda = new PriorityQueue<>();
    private final Deque<String> told = new ArrayDeque<>();
    private final TreeSet<String> unknown = new TreeSet<>();
    private final TreeMap<String, Integer> faults = new TreeMap<>();
    private final ByteArrayOutputStream words = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(words, true, StandardCharsets.UTF_8);
    private final boolean tracing;
    private final boolean newKernel;
    private final long booted;

    private long nanos;
    private long wallOffset;
    private long order;
    private long steps;
    private long second;
    private int calls;
    private @Nullable Child manager;
    private boolean became;
    private boolean killAfterThis;
    private long killIn = Long.MAX_VALUE;
    private boolean over;
    private int failedStarts;
    private int kills;

    private long lastFault;
    private long lastRefusal;

    /// How many calls go by for one that fails; 0 for none that does.
    private int callsToAFault;

    private record Due(long at, long order, Runnable what) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /// A promise that was not kept.
    static final class Broken extends Error {
        private static final long serialVersionUID = 1L;

        Broken(String what) {
            super(what);
        }
    }

    World(long seed, boolean tracing) {
        this.seed = seed;
        this.tracing = tracing;
        random = new SplittableRandom(seed);
        nanos = random.nextLong(1L << 40);
        booted = SECOND * 1000;
        newKernel = random.nextBoolean();
        shop = new Shop(this);
    }

    /// Runs to the end, or to the first broken promise.
    void run() {
        Seam.lead(null);
        forgets();
        Seam.lead(this);
        try {
            disk.put("/bin/worker", "");
            disk.put("/bin/einhyrningsins", "");
            shop.opens();
            while (!over) {
                manages();
            }
        } catch (RuntimeException | Broken e) {
            say("--- " + e.getMessage());
            throw new AssertionError(
                    "seed " + seed + ", step " + steps + ": " + e + "\n" + transcript(), e);
        }
    }

    String transcript() {
        return String.join("\n", told);
    }

    // ---- one manager after the other

    private void manages() {
        Child process = became ? manager() : starts();
        promises.began(became);
        if (became) {
            forgets();
        }
        became = false;
        try {
            int status = runs();
            if (!process.dead) {
                exits(process, status);
            }
        } catch (Killed e) {
            // it was, or it became another
        } catch (RuntimeException e) {
            if (process.dead) {
                throw new Broken("the dead do not throw: " + e);
            }
            fails(process, e);
        }
        if (!over && !became) {
            away();
        }
    }

    /// What it cannot start for, it says to System.err.
    private int runs() {
        words.reset();
        try {
            return Manager.run(options(), List.of("-c", FILE));
        } finally {
            if (words.size() > 0) {
                say("    " + words.toString(StandardCharsets.UTF_8).strip());
            }
        }
    }

    PrintStream err() {
        return err;
    }

    private static LaunchOptions options() {
        return new LaunchOptions(
                new ConfigOrigin.File(Path.of(FILE)),
                Path.of(SOCKET),
                null,
                null,
                null,
                LogSpec.Level.DEBUG,
                List.of("/bin/einhyrningsins"));
    }

    private Child starts() {
        forgets();
        Table table = new Table();
        table.limit = 1024;
        OpenFile nothing = new OpenFile.Nothing(1);
        OpenFile ear = new OpenFile.Ear(2);
        table.put(0, nothing, false);
        table.put(1, ear, false);
        table.put(2, ear, false);
        Child process = kernel.newProcess(1, table);
        process.environment = new HashMap<>(Map.of("PATH", "/bin", "LANG", "C"));
        manager = process;
        say("--- a manager starts, pid " + process.pid);
        return process;
    }

    /// A new process knows nothing of the one before.
    private static void forgets() {
        free.addAll(used);
        used.clear();
        set("org.einhyrningsins.manager.runtime.SocketAcceptor", "spare", new int[0]);
        set("org.einhyrningsins.posix.kernel.OpenFileLimits", "current", null);
        set("org.einhyrningsins.posix.kernel.OpenFileLimits", "inherited", null);
        try {
            Field here =
                    Class.forName("org.einhyrningsins.posix.kernel.NativeScratch")
                            .getDeclaredField("HERE");
            here.setAccessible(true);
            if (here.get(null) instanceof ThreadLocal<?> scratch) {
                scratch.remove();
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void set(String type, String name, @Nullable Object value) {
        try {
            Field field = Class.forName(type).getDeclaredField(name);
            field.setAccessible(true);
            field.set(null, value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /// What Main does with an exception: says it, and exits with 70.
    private void fails(Child process, RuntimeException e) {
        StringBuilder trace = new StringBuilder("--- the manager fails: " + e);
        for (StackTraceElement element : e.getStackTrace()) {
            trace.append("\n    at ").append(element);
        }
        say(trace.toString());
        promises.failed(e);
        exits(process, 70);
    }

    private void exits(Child process, int status) {
        say("--- the manager exits: " + status);
        promises.exits(process, status);
        kernel.ends(process);
        bury();
        if (status == 0) {
            over = true;
            promises.ended();
        } else if (++failedStarts > MAX_STARTS_IN_A_ROW) {
            throw new Broken("it does not start any more");
        }
    }

    private void bury() {
        manager = null;
        killIn = Long.MAX_VALUE;
        killAfterThis = false;
    }

    private void away() {
        long away = chance(3) ? 0 : random.nextLong(chance(3) ? 20 * SECOND : SECOND);
        long until = nanos + away;
        while (passes(until)) {
            // the others go on
        }
    }

    /// It has become another program.
    void becomes() {
        say("--- the manager replaces itself");
        if (!shop.proven()) {
            throw new Broken("it became a program that had not read its state");
        }
        became = true;
        killIn = Long.MAX_VALUE;
        killAfterThis = false;
    }

    /// kill -9, at this moment.
    void kills() {
        Child process = manager;
        if (process != null && promises.written()) {
            count("kill -9 of the manager");
            kills++;
            say("--- the manager is killed");
            kernel.ends(process);
            bury();
        }
    }

    // ---- what the manager's calls go through

    void alive() {
        if (manager == null || became) {
            throw new Killed();
        }
    }

    /// A call begins.
    void before(String call) {
        alive();
        steps++;
        if (nanos - second >= SECOND) {
            second = nanos;
            calls = 0;
        }
        if (++calls > MAX_CALLS) {
            throw new Broken("it is busy with " + call);
        }
        nanos += 1_000 + random.nextInt(20_000);
        happens();
        if (random.nextInt(100) == 0) {
            interrupted();
        }
        alive();
        if (--killIn <= 0 && promises.written()) {
            killIn = Long.MAX_VALUE;
            if (random.nextBoolean()) {
                trace("  killed before %s", call);
                kills();
                throw new Killed();
            }
            trace("  killed after %s", call);
            killAfterThis = true;
        }
        if (tracing) {
            trace("  %s", call);
        }
    }

    /// Others have the processor for a while.
    private void interrupted() {
        Due next = agenda.peek();
        if (next != null && next.at() < nanos + 100 * MILLI) {
            nanos = Math.max(nanos, next.at());
            happens();
        }
    }

    private void happens() {
        for (Due next = agenda.peek(); next != null && next.at() <= nanos; next = agenda.peek()) {
            agenda.remove();
            next.what().run();
        }
    }

    /// A call has ended.
    void after() {
        if (killAfterThis) {
            killAfterThis = false;
            kills();
        }
        alive();
    }

    /// Waits until something happens that the manager may want to know of, or the time is over.
    ///
    /// @return false if the time is over
    boolean passes(long until) {
        if (manager != null) {
            alive();
        }
        Due next = agenda.peek();
        if (next == null && until == Long.MAX_VALUE) {
            throw new Broken("nothing will ever happen again");
        }
        if (next == null || next.at() > until) {
            nanos = Math.max(nanos, until);
            return false;
        }
        agenda.remove();
        nanos = Math.max(nanos, next.at());
        boolean had = manager != null;
        next.what().run();
        if (had) {
            alive();
        }
        return true;
    }

    /// Which errno a call fails with, by misfortune; 0 for none.
    int fault(String call, long a, long b, long d) {
        if (callsToAFault == 0 || !promises.mayFail()) {
            return 0;
        }
        int[] possible = Misfortune.of(call);
        if (possible.length == 0 || random.nextInt(callsToAFault) != 0) {
            return 0;
        }
        if (call.equals("WRITE") && !Misfortune.writable(manager().table.get((int) a))) {
            return 0;
        }
        if (call.equals("EPOLL_CTL") && b != 1) {
            return 0; // only what is added needs memory
        }
        if (call.equals("FCNTL") && b != Kernel.F_DUPFD_CLOEXEC) {
            return 0; // what only sets or asks for a flag cannot fail
        }
        if (call.equals("WAITID") && (d & Kernel.WNOHANG) != 0) {
            return 0; // who does not wait is not interrupted
        }
        int errno = possible[random.nextInt(possible.length)];
        if (call.equals("OPENAT")
                && errno == Kernel.EACCES
                && Memory.text(b).startsWith("/proc/")) {
            return 0; // that says whose process it is
        }
        count(call + " fails");
        lastFault = nanos;
        if (call.equals("PPOLL")) {
            promises.cannotSay();
        }
        trace("  %s fails: errno %d", call, errno);
        return errno;
    }

    int faultOfChild(String call) {
        if (callsToAFault == 0 || random.nextInt(callsToAFault * 2) != 0) {
            return 0;
        }
        int errno = Misfortune.ofChild(call);
        if (errno > 0) {
            count("a child's " + call + " fails");
            lastFault = nanos;
            trace("  a child's %s fails: errno %d", call, errno);
        }
        return errno;
    }

    /// Whether a worker is held up on its way to its program.
    boolean holdsUp() {
        if (callsToAFault == 0 || !shop.rough() || random.nextInt(20) != 0) {
            return false;
        }
        count("a birth is held up");
        lastFault = nanos;
        return true;
    }

    /// The same for files.
    void trouble(String call, String what) throws IOException {
        if (callsToAFault > 0 && promises.mayFail() && random.nextInt(callsToAFault) == 0) {
            count(call + " fails");
            lastFault = nanos;
            trace("  %s %s fails", call, what);
            throw new IOException(Misfortune.ofFiles(call, random));
        }
    }

    /// How often the manager was killed.
    int timesKilled() {
        return kills;
    }

    void misfortune(int calls) {
        callsToAFault = calls;
    }

    boolean hasMisfortune() {
        return callsToAFault > 0;
    }

    /// Whether a call failed just now: what comes of it comes some calls later.
    boolean hadMisfortune() {
        return hasMisfortune() || nanos - lastFault < SECOND;
    }

    /// The disk takes nothing now.
    void refused() {
        lastRefusal = nanos;
    }

    /// How long nothing has failed.
    long sinceRefusal() {
        return nanos - Math.max(lastFault, lastRefusal);
    }

    /// It will be killed at that call from now.
    void killsIn(long calls) {
        killIn = calls;
    }

    void count(String fault) {
        faults.merge(fault, 1, Integer::sum);
    }

    // ---- time

    void after(long delay, Runnable what) {
        agenda.add(new Due(nanos + delay, order++, what));
    }

    long nanos() {
        alive();
        nanos += 200;
        return nanos;
    }

    long nanosNow() {
        return nanos;
    }

    long sinceBoot() {
        return nanos + booted;
    }

    long ticks() {
        return sinceBoot() / (10 * MILLI);
    }

    long wallMillis() {
        return 1_700_000_000_000L + nanos / MILLI + wallOffset;
    }

    void stepClock(long millis) {
        wallOffset += millis;
    }

    // ---- memory outside the heap: what a dead manager had is used again

    private static final List<ByteBuffer> free = new ArrayList<>();
    private static final List<ByteBuffer> used = new ArrayList<>();

    ByteBuffer allocateDirect(int bytes) {
        alive();
        for (int i = 0; i < free.size(); i++) {
            if (free.get(i).capacity() == bytes) {
                ByteBuffer again = free.remove(i);
                Memory.clear(again);
                used.add(again);
                return again.duplicate().clear();
            }
        }
        ByteBuffer fresh = ByteBuffer.allocateDirect(bytes);
        used.add(fresh);
        return fresh.duplicate();
    }

    // ---- who is here

    Kernel kernel() {
        return kernel;
    }

    Disk disk() {
        return disk;
    }

    Promises promises() {
        return promises;
    }

    Shop shop() {
        return shop;
    }

    SplittableRandom random() {
        return random;
    }

    boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    <T> void shuffle(List<T> list) {
        for (int i = list.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            T other = list.get(i);
            list.set(i, list.get(j));
            list.set(j, other);
        }
    }

    Child manager() {
        Child here = manager;
        if (here == null) {
            throw new Killed();
        }
        return here;
    }

    @Nullable Child managerOrNull() {
        return manager;
    }

    Map<String, String> environment() {
        return manager().environment;
    }

    boolean newKernel() {
        return newKernel;
    }

    void born(Child child) {
        trace("  born: %d %s %s", child.pid, child.mark(), child.environment);
        promises.born(child);
        shop.born(child);
    }

    void unbound(OpenFile.Bound bound, String name) {
        kernel.unbound(bound, name);
        promises.closed(bound, name);
    }

    // ---- words

    void said(String text) {
        say("    " + text.stripTrailing());
        promises.said(text);
    }

    @SuppressWarnings("AnnotateFormatMethod")
    void trace(String format, Object... words) {
        if (tracing) {
            say(String.format(format, words));
        }
    }

    void say(String line) {
        String all = String.format("%12.6f %s", nanos / 1e9, line);
        if (tracing) {
            System.out.println(all);
        }
        told.add(all);
        if (told.size() > MAX_TOLD) {
            told.remove();
        }
    }

    void unknown(String call) {
        if (unknown.add(call)) {
            throw new Broken("the simulated kernel does not know " + call);
        }
    }

    long steps() {
        return steps;
    }

    Map<String, Integer> faults() {
        return faults;
    }
}
