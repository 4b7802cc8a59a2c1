// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.manager.snapshot.GenerationFate;
import org.einhyrningsins.manager.snapshot.GenerationFate.Verdict;
import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.manager.snapshot.ProgramHistory;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/// Brings a history to what a program has become. It looks at the state alone, never at how it came
/// about, so it does not matter what was missed meanwhile.
final class HistoryFollower {
    /// Most generations of one program.
    static final int MAX_GENERATIONS = 50;

    /// Longest reason that is kept, in characters.
    private static final int MAX_REASON = 400;

    /// Most names of changed keys that are kept.
    private static final int MAX_KEYS = 40;

    private final Program program;
    private final long now;
    private final BiFunction<ProgramSpec, ProgramSpec, List<String>> changes;
    private final List<GenerationRecord> records;

    private HistoryFollower(
            ProgramHistory before,
            Program program,
            long now,
            BiFunction<ProgramSpec, ProgramSpec, List<String>> changes) {
        this.program = program;
        this.now = now;
        this.changes = changes;
        this.records = new ArrayList<>(before.generations());
    }

    /// The history after a step of the program; an equal one if there is nothing to note.
    ///
    /// @param now milliseconds since 1970
    /// @param changes the keys in which two definitions differ
    static ProgramHistory after(
            ProgramHistory before,
            Program program,
            long now,
            BiFunction<ProgramSpec, ProgramSpec, List<String>> changes) {
        HistoryFollower follower = new HistoryFollower(before, program, now, changes);
        follower.note(program.serving());
        follower.note(program.newestVersion());
        follower.records.replaceAll(follower::judged);
        follower.records.replaceAll(follower::serving);
        while (follower.records.size() > MAX_GENERATIONS) {
            follower.records.remove(follower.oldest());
        }
        int next = Math.max(before.next(), program.versions().next());
        return new ProgramHistory(program.name(), next, follower.records);
    }

    /// The oldest that does not serve.
    private int oldest() {
        int oldest = 0;
        while (records.get(oldest).number() == program.serving().generation()) {
            oldest++;
        }
        return oldest;
    }

    private void note(ProgramVersion version) {
        for (int i = 0; i < records.size(); i++) {
            GenerationRecord record = records.get(i);
            if (record.number() == version.generation()) {
                if (record.version() != null && !record.version().equals(version)) {
                    records.set(i, record.version(version)); // it is managed otherwise by now
                }
                return;
            }
        }
        long at = version.origin().atMillis();
        records.add(
                new GenerationRecord(
                        version.generation(),
                        version,
                        version.spec().release() == null ? "" : version.spec().release().name(),
                        version.origin(),
                        changed(version),
                        GenerationFate.begun(at > 0 ? at : now),
                        List.of()));
    }

    /// The keys in which it differs from what serves, ready or not, or from what served before.
    private List<String> changed(ProgramVersion version) {
        ProgramVersion served = program.serving();
        if (served.generation() == version.generation()) {
            served = null;
            for (GenerationRecord record : records) {
                served = record.serves() ? record.version() : served;
            }
        }
        if (served == null) {
            return List.of();
        }
        List<String> keys = changes.apply(served.spec(), version.spec());
        if (keys.size() <= MAX_KEYS) {
            return keys;
        }
        List<String> some = new ArrayList<>(keys.subList(0, MAX_KEYS));
        some.add("…");
        return some;
    }

    // ---- verdicts

    private GenerationRecord judged(GenerationRecord record) {
        Rollout rollout = program.rollout();
        boolean target = rollout != null && rollout.target().generation() == record.number();
        boolean serves = program.serving().generation() == record.number();
        GenerationRecord failed = failed(record);
        if (failed != null) {
            return failed;
        }
        if (target && rollout != null) {
            return rollout.draining() ? rolled(record, true) : rolling(record);
        }
        if (serves) {
            return servingOne(record);
        }
        return record.fate().verdict() == Verdict.ROLLING ? givenUp(record) : record;
    }

    /// The record of a version that the core knows to have failed; null for another.
    private @Nullable GenerationRecord failed(GenerationRecord record) {
        VersionFailure failure = program.setback();
        if (failure == null || failure.generation() != record.number()) {
            return null;
        }
        boolean back = failure.rolled() && program.serving().generation() == failure.back();
        return ended(record, back ? Verdict.ROLLED_BACK : Verdict.FAILED, failure.why());
    }

    private GenerationRecord rolling(GenerationRecord record) {
        return record.fate().verdict() == Verdict.ROLLING
                ? record
                : record.fate(record.fate().judged(Verdict.ROLLING, ""));
    }

    private GenerationRecord rolled(GenerationRecord record, boolean goesOn) {
        boolean first = record.fate().verdict() != Verdict.ROLLED;
        GenerationFate fate = first ? record.fate().judged(Verdict.ROLLED, "") : record.fate();
        return first || goesOn ? record.fate(fate.took(took(record))) : record;
    }

    /// The record of the version that respawns get. One that gave up and is up again is well.
    private GenerationRecord servingOne(GenerationRecord record) {
        Program.Outcome outcome = program.outcome();
        if (outcome == Program.Outcome.FAILED) {
            String why = program.phase() instanceof ProgramPhase.Failed gone ? gone.why() : "";
            return ended(record, Verdict.FAILED, why.isEmpty() ? "its workers failed" : why);
        }
        boolean up = program.phase() instanceof ProgramPhase.Running running && running.up();
        return up || outcome == Program.Outcome.DONE ? rolled(record, false) : record;
    }

    private GenerationRecord givenUp(GenerationRecord record) {
        String why = program.verdict();
        boolean aborted = why.startsWith("aborted") || why.startsWith("stopped");
        return ended(record, aborted ? Verdict.ABORTED : Verdict.OVERTAKEN, why);
    }

    private GenerationRecord ended(GenerationRecord record, Verdict verdict, String why) {
        String reason = shortened(why);
        if (record.fate().verdict() == verdict && record.fate().why().equals(reason)) {
            return record;
        }
        GenerationFate judged = record.fate().judged(verdict, reason);
        return record.fate(judged.tookMillis() < 0 ? judged.took(took(record)) : judged);
    }

    private long took(GenerationRecord record) {
        return Math.max(0, now - record.fate().beganMillis());
    }

    private static String shortened(String why) {
        return why.length() <= MAX_REASON ? why : why.substring(0, MAX_REASON) + "…";
    }

    // ---- life

    private GenerationRecord serving(GenerationRecord record) {
        boolean current =
                record.number() == program.serving().generation() && !program.isFirstRollout();
        if (!current) {
            return record.endedAt(now);
        }
        boolean came = record.good() && !record.serves();
        return came ? record.fate(record.fate().served(now, 0)) : record;
    }
}
