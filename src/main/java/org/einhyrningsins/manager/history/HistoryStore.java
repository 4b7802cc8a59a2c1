// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.FileIdentity;
import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.manager.snapshot.ProgramHistory;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;

/// The histories of all programs, in memory, and in files of the state directory once there is one.
/// What changed is written a moment later, on another thread; what cannot be written is said once,
/// and tried again.
public final class HistoryStore {
    /// Time that a change waits for others.
    private static final Duration SOON = Duration.ofMillis(20);

    /// Time that the end of the manager waits for the disk.
    private static final Duration AT_THE_END = Duration.ofSeconds(2);

    /// Time that it waits for the files of programs, whose owners may make that longer.
    private static final Duration FOR_FILES = Duration.ofMillis(200);

    private final ManagerLog managerLog;
    private final Map<String, ProgramHistory> histories = new HashMap<>();
    private final Set<String> unwritten = new LinkedHashSet<>();

    /// Programs whose file could not be read in time: it is set aside before another is written.
    private final Set<String> unread = new LinkedHashSet<>();

    /// Looks at the files of generations that began, by program and generation.
    private final Map<String, Map<Integer, FutureTask<List<FileIdentity>>>> looks =
            new LinkedHashMap<>();

    private @Nullable HistoryFiles files;
    private @Nullable FutureTask<HistoryFiles.Result> writing;
    private @Nullable Moment due;
    private boolean failing;

    /// Keeps histories in memory until a state directory is open.
    public HistoryStore(ManagerLog managerLog) {
        this.managerLog = managerLog;
    }

    /// Keeps them in files from now on.
    public void open(StateDirectory state) {
        files = new HistoryFiles(state);
    }

    // ---- what there is

    /// The history of a program; without generations if none is known.
    public ProgramHistory of(String program) {
        return histories.computeIfAbsent(program, this::read);
    }

    /// The history of a program that there is no more; without generations if none is known.
    public ProgramHistory readRemoved(String program) {
        ProgramHistory known = histories.get(program);
        return known == null ? read(program) : known;
    }

    private ProgramHistory read(String program) {
        HistoryFiles from = files;
        if (from == null) {
            return ProgramHistory.none(program);
        }
        HistoryFiles.Read read =
                ProcReader.ask("history of " + program, () -> from.read(program)).answer();
        if (read == null) {
            unread.add(program);
            managerLog.warn(
                    program,
                    "its history cannot be read in time, and begins anew; the one before is set"
                            + " aside");
            return ProgramHistory.none(program);
        }
        if (!read.trouble().isEmpty()) {
            managerLog.warn(program, read.trouble());
        }
        return read.history();
    }

    /// The version that a program begins with that is hosted anew: the generation that served last,
    /// if the definition is the same, else the next one.
    ///
    /// @param rollback the rollback whose definition it is; null for the file's
    public ProgramVersion first(ProgramSpec spec, OperatorOverride.@Nullable Rollback rollback) {
        ProgramHistory history = of(spec.name());
        for (GenerationRecord record : history.generations().reversed()) {
            ProgramVersion version = record.version();
            if (record.serves() && version != null) {
                return version.spec().spawnSettings().equals(spec.spawnSettings())
                        ? new ProgramVersion(record.number(), spec, record.origin().on(rollback))
                        : new ProgramVersion(history.next(), spec, VersionOrigin.NONE.on(rollback));
            }
        }
        return new ProgramVersion(history.next(), spec, VersionOrigin.NONE.on(rollback));
    }

    /// The number of the next generation of a program.
    public int next(String program) {
        return of(program).next();
    }

    /// Changes of the files of generations since they began, by generation; null if that cannot be
    /// found out in time.
    public @Nullable Map<Integer, FileChanges> files(ProgramHistory history) {
        return ProcReader.ask("files of " + history.program(), () -> changes(history)).answer();
    }

    private static Map<Integer, FileChanges> changes(ProgramHistory history) {
        Map<Integer, FileChanges> changes = new HashMap<>();
        for (GenerationRecord record : history.generations()) {
            ProgramVersion version = record.version();
            if (version != null) {
                changes.put(
                        record.number(),
                        CommandFiles.since(record.files(), version.spec().workingDirectory()));
            }
        }
        return changes;
    }

    // ---- what happens

    /// A program has changed in something that a history may tell.
    public void programChanged(Program program) {
        ProgramHistory before = of(program.name());
        ProgramHistory now =
                HistoryFollower.after(before, program, Clock.wallMillis(), HistoryStore::keys);
        if (now.equals(before)) {
            return;
        }
        Set<Integer> known = new LinkedHashSet<>();
        before.generations().forEach(record -> known.add(record.number()));
        for (GenerationRecord record : now.generations()) {
            if (!known.contains(record.number()) && record.version() != null) {
                look(program.name(), record.number(), record.version().spec());
            }
        }
        put(now);
    }

    private static List<String> keys(ProgramSpec before, ProgramSpec after) {
        List<String> keys = new ArrayList<>();
        if (!before.equals(after)) {
            KeyDifference.between(before, after, DefinitionSettings::of)
                    .forEach(difference -> keys.add(difference.key()));
        }
        return keys;
    }

    /// A program is no more.
    public void programRemoved(String program) {
        ProgramHistory history = of(program);
        List<GenerationRecord> ended = new ArrayList<>(history.generations());
        long now = Clock.wallMillis();
        ended.replaceAll(record -> record.endedAt(now));
        put(new ProgramHistory(program, history.next(), ended));
    }

    /// The state directory was removed, and is there again.
    public void whatWasLost() {
        unwritten.addAll(histories.keySet());
        scheduleWrite();
    }

    private void put(ProgramHistory history) {
        histories.put(history.program(), history);
        unwritten.add(history.program());
        scheduleWrite();
    }

    private void scheduleWrite() {
        due = Moment.earlier(due, Clock.now().plus(SOON));
    }

    // ---- beside the loop

    private void look(String program, int generation, ProgramSpec spec) {
        FutureTask<List<FileIdentity>> look = new FutureTask<>(() -> CommandFiles.of(spec));
        try {
            ProcReader.execute(look);
            looks.computeIfAbsent(program, name -> new LinkedHashMap<>()).put(generation, look);
        } catch (RejectedExecutionException | OutOfMemoryError noThread) {
            // what cannot be looked at is not known
        }
    }

    /// Takes the files that were looked at into the histories.
    private void takeLooks() {
        looks.forEach(
                (program, its) -> its.forEach((number, look) -> takeLook(program, number, look)));
        looks.values().forEach(its -> its.values().removeIf(FutureTask::isDone));
        looks.values().removeIf(Map::isEmpty);
    }

    private void takeLook(String program, int number, FutureTask<List<FileIdentity>> look) {
        if (look.state() != FutureTask.State.SUCCESS) {
            return;
        }
        ProgramHistory history = of(program);
        List<GenerationRecord> records = new ArrayList<>(history.generations());
        records.replaceAll(
                record -> record.number() == number ? record.files(look.resultNow()) : record);
        histories.put(program, new ProgramHistory(program, history.next(), records));
        unwritten.add(program);
    }

    /// The time to call [#turn]; null if there is nothing to do.
    public @Nullable Moment due() {
        return due;
    }

    /// Has written what changed, if it is time.
    public void turn(Moment now) {
        if (due == null || !due.reached(now)) {
            return;
        }
        due = null;
        takeLooks();
        handleResult();
        if (writing == null && !unwritten.isEmpty()) {
            write();
        }
        if (writing != null || !unwritten.isEmpty() || !looks.isEmpty()) {
            due = now.plus(StateDirectory.LATER); // to see what became of it
        }
    }

    private void write() {
        HistoryFiles to = files;
        if (to == null) {
            unwritten.clear();
            return;
        }
        List<ProgramHistory> some = new ArrayList<>();
        unwritten.forEach(program -> some.add(of(program)));
        Set<String> known = Set.copyOf(histories.keySet());
        Set<String> aside = Set.copyOf(unread);
        FutureTask<HistoryFiles.Result> task = new FutureTask<>(() -> to.write(some, known, aside));
        try {
            ProcReader.execute(task);
            unwritten.clear();
            writing = task;
        } catch (RejectedExecutionException | OutOfMemoryError noThread) {
            failed("no thread for it");
        }
    }

    /// Sees what became of the last writing, if it is over.
    private void handleResult() {
        FutureTask<HistoryFiles.Result> task = writing;
        if (task == null || !task.isDone()) {
            return;
        }
        writing = null;
        if (task.state() != FutureTask.State.SUCCESS) {
            failed(String.valueOf(task.exceptionNow()));
            return;
        }
        HistoryFiles.Result result = task.resultNow();
        unread.removeAll(result.setAside());
        if (!result.failure().isEmpty()) {
            unwritten.addAll(result.failed());
            failed(result.failure());
        } else if (failing) {
            failing = false;
            managerLog.info("", "the history of programs is written again");
        }
        result.shortened().forEach(this::dropDefinitions);
    }

    /// There was no room for all definitions.
    private void dropDefinitions(String program, Set<Integer> without) {
        ProgramHistory history = of(program);
        List<GenerationRecord> records = new ArrayList<>(history.generations());
        records.replaceAll(
                record -> without.contains(record.number()) ? record.version(null) : record);
        histories.put(program, new ProgramHistory(program, history.next(), records));
        managerLog.warn(
                program,
                "its history is too long: "
                        + without.size()
                        + " generations can be listed and not be rolled back to");
    }

    private void failed(String why) {
        if (!failing) {
            failing = true;
            managerLog.error("", "cannot write the history of programs: " + why + "; tried again");
        }
    }

    /// Writes what is to be written, once, and waits for it, though not for ever: this manager
    /// ends, or is replaced.
    public void flush() {
        Moment end = Clock.now().plus(AT_THE_END);
        await(end, writing);
        Moment soon = Clock.now().plus(FOR_FILES);
        looks.values().forEach(its -> its.values().forEach(look -> await(soon, look)));
        takeLooks();
        handleResult();
        if (writing == null && !unwritten.isEmpty()) {
            write();
            await(end, writing);
            handleResult();
        }
        if (writing != null || !unwritten.isEmpty()) {
            scheduleWrite();
        }
    }

    private static void await(Moment end, @Nullable FutureTask<?> task) {
        try {
            if (task != null) {
                long left = end.nanos() - Clock.now().nanos();
                task.get(Math.max(0, left), java.util.concurrent.TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException
                | java.util.concurrent.TimeoutException e) {
            // the next turn sees it
        }
    }
}
