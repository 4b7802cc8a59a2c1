// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.spec.fact.Fact;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/// Facts, kept over the manager: the newest in memory ([FactRing]), all of them in two files of the
/// state directory, of which the newer one is appended to, and takes the place of the older one
/// when it is full.
///
/// Files are read and written beside the loop, one thing after the other, a moment later and all at
/// once. What happened in the last moment before a `kill -9` may be missing.
public final class FactStore {
    static final String FILE = "facts";
    static final String OLDER = "facts.older";

    /// Maximum size of one of the two files.
    static final int MAX_BYTES = 3 * 1024 * 1024;

    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration WHILE_BUSY = Duration.ofMillis(200);
    private static final Duration LATER = Duration.ofSeconds(5);
    private static final int MAX_UNWRITTEN = 2_000;
    private static final Duration LAST_WAIT = Duration.ofMillis(200);

    private final ManagerLog managerLog;
    private final FactRing ring = new FactRing();
    private final Deque<String> unwritten = new ArrayDeque<>();
    private @Nullable StateDirectory state;
    private @Nullable Moment due;
    private volatile @Nullable Result result;
    private boolean busy;
    private boolean loaded;
    private boolean failing;
    private long lost;

    /// Outcome of one thing done beside the loop.
    ///
    /// @param read facts from the files; empty after a write
    /// @param rest what could not be written
    /// @param trouble what went wrong, in words; empty if nothing did
    private record Result(List<Fact> read, List<String> rest, String trouble, boolean failed) {}

    /// Keeps facts in memory until it is opened.
    public FactStore(ManagerLog managerLog) {
        this.managerLog = managerLog;
    }

    /// Keeps them in a state directory from now on, and reads what is there.
    public void open(StateDirectory directory) {
        state = directory;
        begin(() -> load(directory));
    }

    public void add(Fact fact) {
        ring.add(fact);
        if (state == null) {
            return;
        }
        StringBuilder line = new StringBuilder(200);
        FactText.append(line, fact);
        unwritten.addLast(line.toString());
        if (unwritten.size() > MAX_UNWRITTEN) {
            unwritten.removeFirst();
            lost++;
        }
        if (due == null) {
            due = Clock.now().plus(SOON);
        }
    }

    /// The facts since a time, the oldest first.
    ///
    /// @param programs of these; empty for all
    public List<Fact> since(long millis, Set<String> programs) {
        handleResult();
        return ring.since(millis, programs);
    }

    /// True as long as what was kept before this manager is being read.
    public boolean isLoading() {
        handleResult();
        return state != null && !loaded;
    }

    /// True if everything is written.
    boolean isWritten() {
        handleResult();
        return !busy && unwritten.isEmpty();
    }

    // ---- beside the loop

    /// Writes what is due.
    ///
    /// @return when to come again; null if there is nothing to do
    public @Nullable Moment writeIfDue(Moment now) {
        handleResult();
        StateDirectory directory = state;
        if (directory != null && due != null && due.reached(now)) {
            if (busy) {
                due = now.plus(WHILE_BUSY);
            } else {
                due = null;
                write(directory);
            }
        }
        return busy ? Moment.earlier(due, now.plus(WHILE_BUSY)) : due;
    }

    private void write(StateDirectory directory) {
        if (unwritten.isEmpty()) {
            return;
        }
        List<String> lines = new ArrayList<>(unwritten);
        unwritten.clear();
        String begin = failing ? "\n" : ""; // what is there may end in half a line
        begin(() -> append(directory, begin, lines));
    }

    /// One thing to do beside the loop.
    private interface FileTask {
        Result run();
    }

    private void begin(FileTask deed) {
        busy = true;
        try {
            ProcReader.execute(() -> result = deed.run());
        } catch (RejectedExecutionException | OutOfMemoryError noThread) {
            result = new Result(List.of(), List.of(), "", true);
        }
    }

    private void handleResult() {
        Result done = result;
        if (done == null) {
            return;
        }
        result = null;
        busy = false;
        if (!loaded) {
            loaded = true;
            ring.addOlder(done.read());
        }
        for (String line : done.rest().reversed()) {
            unwritten.addFirst(line);
        }
        if (!done.trouble().isEmpty() && (!done.failed() || !failing)) {
            managerLog.warn("", done.trouble());
        }
        failing = done.failed();
        if (!unwritten.isEmpty()) {
            due = Clock.now().plus(failing ? LATER : SOON);
        } else if (lost > 0) {
            managerLog.warn("", lost + " facts could not be kept for the next manager");
            lost = 0;
        }
    }

    private static Result append(StateDirectory directory, String begin, List<String> lines) {
        byte[] content = (begin + String.join("", lines)).getBytes(StandardCharsets.UTF_8);
        try {
            if (directory.append(FILE, content) > MAX_BYTES) {
                directory.rename(FILE, OLDER);
            }
            return new Result(List.of(), List.of(), "", false);
        } catch (IOException e) {
            String why = "cannot keep facts for later: " + RuntimeFiles.why(e) + "; trying again";
            return new Result(List.of(), lines, why, true);
        }
    }

    private static Result load(StateDirectory directory) {
        FactRing found = new FactRing();
        StringBuilder torn = new StringBuilder();
        try {
            for (String name : List.of(OLDER, FILE)) {
                byte[] content = directory.read(name, 2 * MAX_BYTES);
                if (content != null) {
                    read(new String(content, StandardCharsets.UTF_8), found, torn);
                }
            }
            String trouble = "";
            if (!torn.isEmpty()) {
                byte[] aside = torn.toString().getBytes(StandardCharsets.UTF_8);
                directory.write(FILE + ".set-aside", aside, false);
                rewrite(directory, found);
                trouble =
                        "facts of former managers were damaged: what cannot be read is in "
                                + directory.path().resolve(FILE + ".set-aside");
            }
            return new Result(found.since(Long.MIN_VALUE, Set.of()), List.of(), trouble, false);
        } catch (IOException e) {
            String why = "cannot read the facts of former managers: " + RuntimeFiles.why(e);
            return new Result(List.of(), List.of(), why, true);
        }
    }

    private static void read(String text, FactRing found, StringBuilder torn) {
        for (int at = 0; at < text.length(); ) {
            int end = text.indexOf('\n', at);
            String line = text.substring(at, end < 0 ? text.length() : end);
            Fact fact = line.isEmpty() ? null : FactText.read(line);
            if (fact != null) {
                found.add(fact);
            } else if (!line.isEmpty()) {
                torn.append(line).append('\n');
            }
            at = end < 0 ? text.length() : end + 1;
        }
    }

    /// Writes what can be read as one file, so that what is torn is told once.
    private static void rewrite(StateDirectory directory, FactRing found) throws IOException {
        StringBuilder text = new StringBuilder();
        found.since(Long.MIN_VALUE, Set.of()).forEach(fact -> FactText.append(text, fact));
        directory.write(FILE, text.toString().getBytes(StandardCharsets.UTF_8), false);
        directory.delete(OLDER);
    }

    /// Writes all that is not written yet, and waits a moment for it: no thread survives what comes
    /// next.
    public void flush() {
        StateDirectory directory = state;
        if (directory == null) {
            return;
        }
        await();
        if (!unwritten.isEmpty() && !busy) {
            write(directory);
            await();
        }
    }

    private void await() {
        Moment end = Clock.now().plus(LAST_WAIT);
        while (busy && result == null && !end.reached(Clock.now())) {
            LockSupport.parkNanos(1_000_000);
        }
        handleResult();
    }
}
