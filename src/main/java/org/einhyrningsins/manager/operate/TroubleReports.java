// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.FailureStatus;
import org.einhyrningsins.control.report.LastExit;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PreviousExit;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.Timestamp;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Troubles of a program and its workers, as status tells them: in words, and as facts with times
/// by the clock on the wall.
final class TroubleReports {
    /// The end of a worker is news for so long.
    private static final Duration RECENT = Duration.ofHours(1);

    private static final long DAY_MILLIS = 86_400_000;
    private static final int DATE_LENGTH = "2026-11-23".length();
    private static final int SECONDS_LENGTH = "2026-11-23T07:15:02".length();

    private final Moment now = Clock.now();
    private final long wallMillis = Clock.wallMillis();

    // ---- facts

    FailureStatus of(Program program) {
        LastExit last = null;
        PreviousExit latest = null;
        Moment since = null;
        Moment next = null;
        int most = 0;
        for (Slot slot : program.slots()) {
            PreviousExit one = slot.past().last();
            if (one != null && one.exit() != null && isLater(one, latest)) {
                latest = one;
                last = exit(slot);
            }
            since = Moment.earlier(since, slot.past().crashes().since());
            next = Moment.earlier(next, nextTry(program, slot));
            most = Math.max(most, slot.past().quickDeaths());
        }
        return new FailureStatus(last, most, rfc3339(since), rfc3339(next));
    }

    private static boolean isLater(PreviousExit one, @Nullable PreviousExit other) {
        return other == null || one.endedAt().compareTo(other.endedAt()) > 0;
    }

    FailureStatus of(Program program, Slot slot) {
        return new FailureStatus(
                exit(slot),
                slot.past().quickDeaths(),
                rfc3339(slot.past().crashes().since()),
                rfc3339(nextTry(program, slot)));
    }

    @Nullable LastExit exit(Slot slot) {
        PreviousExit last = slot.past().last();
        WorkerExit workerExit = last == null ? null : last.exit();
        if (last == null || workerExit == null) {
            return null;
        }
        LastExit.Status status =
                new LastExit.Status(
                        workerExit.signal() == 0 && workerExit.code() >= 0
                                ? workerExit.code()
                                : null,
                        workerExit.signal() == 0 ? null : workerExit.signalName(),
                        workerExit.core(),
                        workerExit.oom(),
                        workerExit.shared(),
                        workerExit.left());
        return new LastExit(
                last.worker(),
                status,
                last.why(),
                last.words(),
                rfc3339(last.endedAt()),
                last.lived().toMillis());
    }

    private @Nullable Moment nextTry(Program program, Slot slot) {
        Moment when = slot.refill();
        boolean waits = slot.current() == null && program.wants(slot);
        return waits && when != null && !when.reached(now) ? when : null;
    }

    // ---- words

    /// Troubles of a program now or lately, in words; empty if there are none.
    String words(Program program) {
        if (program.phase() instanceof ProgramPhase.Failed failed) {
            return failed.why();
        }
        if (program.phase() instanceof ProgramPhase.Waiting waiting) {
            return waiting.words();
        }
        Slot worst = worst(program);
        if (worst != null) {
            return "worker " + worst.index() + ": " + failed(program, worst);
        }
        for (Slot slot : program.slots()) {
            Signal by = slot.current() == null ? null : slot.current().health().suspended();
            if (by != null) {
                return "worker " + slot.index() + ": stopped by SIG" + by;
            }
        }
        if (program.healthProblem() != null) {
            return program.healthProblem();
        }
        for (Slot slot : program.slots()) {
            String ailment =
                    slot.current() == null ? null : program.replacementReason(slot.current());
            if (ailment != null) {
                return "worker " + slot.index() + " is to be replaced: " + ailment;
            }
        }
        return program.phase() instanceof ProgramPhase.Running ? latestEvent(program) : "";
    }

    /// Of the slots that failed, the one that is worst off; null if none did.
    private static @Nullable Slot worst(Program program) {
        Slot worst = null;
        for (Slot slot : program.slots()) {
            if (slot.past().quickDeaths() > 0
                    && slot.index() < program.count()
                    && !slot.held()
                    && (worst == null || slot.past().quickDeaths() > worst.past().quickDeaths())) {
                worst = slot;
            }
        }
        return worst;
    }

    /// Last event, if that was not long ago.
    private String latestEvent(Program program) {
        Slot latest = null;
        PreviousExit last = null;
        for (Slot slot : program.slots()) {
            PreviousExit one = slot.past().last();
            if (one != null && isLater(one, last)) {
                latest = slot;
                last = one;
            }
        }
        if (latest == null || last == null) {
            return "";
        }
        boolean done = program.outcome() == Program.Outcome.DONE;
        if (!done && now.since(last.endedAt()).compareTo(RECENT) > 0) {
            return "";
        }
        return (program.count() == 1 ? "" : "worker " + latest.index() + ": ") + ending(last);
    }

    /// Facts about a slot besides what its worker says.
    String words(Program program, Slot slot) {
        if (slot.past().quickDeaths() > 0) {
            return failed(program, slot);
        }
        PreviousExit last = slot.past().last();
        if (last != null) {
            return ending(last);
        }
        return slot.finished() == null ? "" : slot.finished();
    }

    private String ending(PreviousExit last) {
        String how = (last.replaced() ? "replaced: " : "") + last.words();
        return how + " at " + time(last.endedAt());
    }

    private String failed(Program program, Slot slot) {
        Slot.Past past = slot.past();
        List<String> words = new ArrayList<>();
        Moment since = past.failingSince();
        String many =
                past.quickDeaths() == 1
                        ? ""
                        : past.quickDeaths()
                                + " failures in a row"
                                + (since == null ? "" : " since " + time(since))
                                + ", last: ";
        words.add(many + how(past));
        Moment next = nextTry(program, slot);
        if (slot.finished() != null) {
            words.add(
                    program.newest().job() == null
                            ? "not run again, as restart: never has it"
                            : "not tried again");
        } else if (next != null) {
            words.add("next try in " + DurationText.of(next.since(now)));
        }
        String advice = past.advice();
        if (!advice.isEmpty()) {
            words.add(advice);
        }
        return String.join("; ", words);
    }

    /// Last failure, in words. What it had to go for is said better by its failure than by its end.
    private String how(Slot.Past past) {
        PreviousExit last = past.last();
        if (last == null || !last.worker().equals(past.blame())) {
            return past.trouble();
        }
        String lived = last.why().isEmpty() ? ", after " + DurationText.of(last.lived()) : "";
        return past.trouble() + lived + " at " + time(last.endedAt());
    }

    // ---- times

    private long wall(Moment when) {
        return wallMillis - now.since(when).toMillis();
    }

    private String rfc3339(@Nullable Moment when) {
        if (when == null) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        Timestamp.append(text, wall(when));
        return text.toString();
    }

    /// `07:15:02Z`, with its date if that is not today's.
    private String time(Moment when) {
        String all = rfc3339(when);
        boolean today =
                Math.floorDiv(wall(when), DAY_MILLIS) == Math.floorDiv(wallMillis, DAY_MILLIS);
        String day = today ? "" : all.substring(0, DATE_LENGTH) + " ";
        return day + all.substring(DATE_LENGTH + 1, SECONDS_LENGTH) + "Z";
    }
}
