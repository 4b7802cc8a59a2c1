// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CrashHistory;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PreviousExit;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.model.WorkerLosses;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// A place for one worker, and what happened in it.
///
/// @param held the operator stopped this slot alone
/// @param moved respawns use the rollout's target
/// @param occupants its workers
/// @param refill time when an empty slot is filled again; null: as soon as it is wanted
/// @param finished reason why it is not filled again although nobody stopped it; null if it is
/// @param past history of its former workers
public record Slot(
        int index,
        boolean held,
        boolean moved,
        Occupants occupants,
        @Nullable Moment refill,
        @Nullable String finished,
        Past past) {
    /// Returns whether one is not filled again that was filled before.
    public static boolean newlyFinished(List<Slot> before, List<Slot> now) {
        for (Slot slot : now) {
            boolean was =
                    slot.index() < before.size() && before.get(slot.index()).finished() != null;
            if (slot.finished() != null && !was) {
                return true;
            }
        }
        return false;
    }

    /// Workers of a slot that have a process.
    ///
    /// @param current the worker meant to serve
    /// @param successor the worker that is to take over from it
    /// @param leaving those that were told to go
    public record Occupants(
            @Nullable Worker current, @Nullable Worker successor, List<Worker> leaving) {
        static final Occupants NONE = new Occupants(null, null, List.of());

        public Occupants {
            leaving = List.copyOf(leaving);
        }

        /// Returns all of them: current, successor, leaving.
        public List<Worker> all() {
            if (successor == null && leaving.isEmpty()) {
                return current == null ? List.of() : List.of(current);
            }
            List<Worker> all = new ArrayList<>(leaving.size() + 2);
            if (current != null) {
                all.add(current);
            }
            if (successor != null) {
                all.add(successor);
            }
            all.addAll(leaving);
            return all;
        }

        private boolean isEmpty() {
            return current == null && successor == null && leaving.isEmpty();
        }

        private @Nullable Moment deadline() {
            Moment earliest = current == null ? null : current.deadline();
            if (successor != null) {
                earliest = Moment.earlier(earliest, successor.deadline());
            }
            for (Worker worker : leaving) {
                earliest = Moment.earlier(earliest, worker.deadline());
            }
            return earliest;
        }
    }

    /// Failures of a slot's workers since its last success.
    ///
    /// @param quickDeaths failures in a row, for the backoff: crashes, failed spawns and missing
    ///   acks
    /// @param burst recent deaths of workers that had been up and that somebody else killed
    /// @param trouble description of the last failure; empty if there was none since it was ready
    /// @param blame the worker that failed last; null if none did since the slot was ready
    /// @param relapses number of workers in a row replaced because they were unhealthy or too large
    /// @param crashes crashes in a row
    public record Failures(
            int quickDeaths,
            List<Moment> burst,
            String trouble,
            @Nullable WorkerId blame,
            int relapses,
            CrashHistory crashes) {
        static final Failures NONE = new Failures(0, List.of(), "", null, 0, CrashHistory.NONE);

        public Failures {
            burst = List.copyOf(burst);
        }

        private Failures relapsed(int times) {
            return new Failures(quickDeaths, burst, trouble, blame, times, crashes);
        }

        private Failures crashed(CrashHistory other) {
            return new Failures(quickDeaths, burst, trouble, blame, relapses, other);
        }
    }

    /// History of a slot's former workers.
    ///
    /// @param failures failures since its last success
    /// @param restarts number of times that the slot got another worker after a death, or because
    ///   its worker was unhealthy, too large or too old
    /// @param last exit of the previous worker; null before the first
    /// @param ended reason why it was not filled again before the rollout under way moved it; null
    ///   if it was
    /// @param losses workers of the newest version that it lost
    public record Past(
            Failures failures,
            int restarts,
            @Nullable PreviousExit last,
            @Nullable String ended,
            WorkerLosses losses) {
        static final Past NONE = new Past(Failures.NONE, 0, null, null, WorkerLosses.NONE);

        /// See [Failures#quickDeaths()].
        public int quickDeaths() {
            return failures.quickDeaths;
        }

        /// See [Failures#burst()].
        public List<Moment> burst() {
            return failures.burst;
        }

        /// See [Failures#trouble()].
        public String trouble() {
            return failures.trouble;
        }

        /// See [Failures#blame()].
        public @Nullable WorkerId blame() {
            return failures.blame;
        }

        /// See [Failures#relapses()].
        public int relapses() {
            return failures.relapses;
        }

        /// See [Failures#crashes()].
        public CrashHistory crashes() {
            return failures.crashes;
        }

        /// Returns advice for workers that fail in a known way; empty where nothing is known.
        public String advice() {
            WorkerExit workerExit = last == null ? null : last.exit();
            if (last == null || workerExit == null || !last.why().isEmpty() || quickDeaths() == 0) {
                return "";
            }
            if (workerExit.isInBackground()) {
                return "it ends with status 0 while what it started lives on; run it in the"
                        + " foreground (often an option such as --foreground, --nodaemon or -F)";
            }
            return workerExit.success() && quickDeaths() > 1
                    ? "it ends with status 0 again and again; if it puts itself into the"
                            + " background, run it in the foreground; if it is to run once, set"
                            + " restart: never"
                    : "";
        }

        /// True if its workers are in a crash loop.
        public boolean crashLoop() {
            return crashes().loop();
        }

        /// Returns the time when its failures in a row began; null if there are none, or if others
        /// than crashes are among them, whose times are not kept.
        public @Nullable Moment failingSince() {
            return crashes().count() == quickDeaths() ? crashes().since() : null;
        }

        private Past with(Failures other) {
            return new Past(other, restarts, last, ended, losses);
        }

        Past failed(int quick, List<Moment> recent, String how, @Nullable WorkerId who) {
            return with(new Failures(quick, recent, how, who, relapses(), crashes()));
        }

        /// Sets the number of failures in a row.
        Past failing(int quick) {
            return failed(quick, burst(), trouble(), blame());
        }

        /// Adds the death of a worker that somebody killed.
        Past killed(List<Moment> recent) {
            return failed(quickDeaths(), recent, trouble(), blame());
        }

        Past relapsed(int times) {
            return with(failures.relapsed(times));
        }

        Past crashed(CrashHistory other) {
            return with(failures.crashed(other));
        }

        Past withoutFailures() {
            return with(Failures.NONE);
        }

        Past restarted() {
            return new Past(failures, restarts + 1, last, ended, losses);
        }

        Past last(PreviousExit previousExit) {
            return new Past(failures, restarts, previousExit, ended, losses);
        }

        Past ended(@Nullable String how) {
            return new Past(failures, restarts, last, how, losses);
        }

        Past lost(WorkerLosses now) {
            return new Past(failures, restarts, last, ended, now);
        }
    }

    static Slot empty(int index, Moment refill) {
        return new Slot(index, false, false, Occupants.NONE, refill, null, Past.NONE);
    }

    /// See [Occupants#current()].
    public @Nullable Worker current() {
        return occupants.current;
    }

    /// See [Occupants#successor()].
    public @Nullable Worker successor() {
        return occupants.successor;
    }

    /// See [Occupants#leaving()].
    public List<Worker> leaving() {
        return occupants.leaving;
    }

    /// Returns all its workers: see [Occupants#all()].
    public List<Worker> workers() {
        return occupants.all();
    }

    /// True if it is meant to have a worker while its program runs.
    ///
    /// @param count number of workers wanted
    boolean isWanted(int count) {
        return index < count && !held && finished == null;
    }

    /// True if no process of it is left.
    public boolean hasNoProcess() {
        return occupants.isEmpty();
    }

    /// The next deadline of its workers, null if there is none.
    @Nullable Moment deadline() {
        return occupants.deadline();
    }

    /// True if its worker executes its program, or the last one did and nothing is left of it.
    boolean started() {
        Worker current = current();
        if (current != null) {
            return !(current.state() instanceof WorkerState.Starting s && s.delayed());
        }
        return hasNoProcess() && past.last() != null;
    }

    /// True if it stays empty since its worker did its job.
    public boolean endedWell() {
        return finished != null && past.quickDeaths() == 0;
    }

    /// True if it stays empty although its worker failed.
    public boolean endedBadly() {
        return finished != null && past.quickDeaths() > 0;
    }

    /// True if it failed so often that those who wait for it are told.
    ///
    /// @param finished true if a slot that is not filled again after a failure counts
    boolean failing(ProgramSpec spec, boolean finished) {
        return this.finished != null
                ? finished && past.quickDeaths() > 0
                : past.quickDeaths() >= Math.max(1, spec.rollout().retries());
    }

    /// Returns the time when its failures are forgotten if its worker stays up until then; null if
    /// there are none, or it is not up.
    @Nullable Moment failuresForgottenAt() {
        boolean failed = past.quickDeaths() > 0 || past.crashes().since() != null;
        Worker current = current();
        return failed && current != null && current.state() instanceof WorkerState.Ready ready
                ? ready.since().plus(past.crashes().stableAfter())
                : null;
    }

    Slot hold(boolean value) {
        return new Slot(index, value, moved, occupants, refill, finished, past);
    }

    Slot move(boolean value) {
        Past known = value ? past : past.ended(null);
        return new Slot(index, held, value, occupants, refill, finished, known);
    }

    private Slot with(Occupants others) {
        return new Slot(index, held, moved, others, refill, finished, past);
    }

    Slot current(@Nullable Worker worker) {
        return with(new Occupants(worker, successor(), leaving()));
    }

    Slot successor(@Nullable Worker worker) {
        return with(new Occupants(current(), worker, leaving()));
    }

    Slot leaving(List<Worker> workers) {
        return with(new Occupants(current(), successor(), workers));
    }

    Slot refill(@Nullable Moment when) {
        return new Slot(index, held, moved, occupants, when, finished, past);
    }

    Slot finish(@Nullable String why) {
        return new Slot(index, held, moved, occupants, refill, why, past);
    }

    Slot past(Past other) {
        return new Slot(index, held, moved, occupants, refill, finished, other);
    }

    /// Another worker failed in it.
    Slot history(int quick, List<Moment> recent, String how, WorkerId who) {
        return past(past.failed(quick, recent, how, who));
    }

    Slot relapsed(int times) {
        return past(past.relapsed(times));
    }

    Slot crashed(CrashHistory crashHistory) {
        return past(past.crashed(crashHistory));
    }

    Slot last(PreviousExit previousExit) {
        return past(past.last(previousExit));
    }

    Slot restarted() {
        return past(past.restarted());
    }

    /// Forgets its failures and its intent: it is filled as soon as it can be.
    Slot reset(Moment now) {
        return hold(false).finish(null).forgetFailures().refill(current() == null ? now : null);
    }

    /// Forgets its failures.
    Slot forgetFailures() {
        return past(past.withoutFailures());
    }
}
