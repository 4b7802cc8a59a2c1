// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import static java.util.Objects.requireNonNullElse;

import org.einhyrningsins.control.report.StatusText;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.plan.ConfirmationOutcome;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.PendingConfirmationSnapshot;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;

/// Remembers what was before a reload that has to be confirmed, until it is, or its time is over.
///
/// As with the commit of a router: the time is counted from the end of the reload, so that there is
/// that much of it to look; a further reload on trial keeps the way back to what was confirmed
/// last; one without trial is refused meanwhile, since nobody should confirm by accident.
public final class PendingConfirmation {
    private final ProgramTable programTable;
    private final ManagerLog managerLog;
    private final Runnable changed;
    private final Supplier<ServicesSpec> settings;
    private @Nullable Before before;
    private @Nullable Terms terms;

    /// Null while the reload is under way.
    private @Nullable Moment until;

    private int tries;

    /// @param time to confirm it in
    record Terms(Duration time) {
        String words() {
            return words(time.toMillis());
        }

        static String words(long millis) {
            return "goes back in " + StatusText.duration(millis) + " unless confirmed";
        }
    }

    /// State before the reload.
    record Before(SequencedMap<String, Program> programs, ServicesSpec settings) {
        SequencedMap<String, ProgramSpec> definitions() {
            SequencedMap<String, ProgramSpec> definitions = new LinkedHashMap<>();
            programs.forEach((name, program) -> definitions.put(name, program.newest()));
            return definitions;
        }

        /// Rollbacks that programs stayed on.
        Map<String, OperatorOverride.Rollback> rollbacks() {
            Map<String, OperatorOverride.Rollback> rollbacks = new LinkedHashMap<>();
            programs.forEach(
                    (name, program) -> {
                        OperatorOverride.Rollback its = program.newestVersion().rollback();
                        if (its != null) {
                            rollbacks.put(name, its);
                        }
                    });
            return rollbacks;
        }

        /// Programs that were stopped by hand.
        Set<String> stopped() {
            Set<String> stopped = new HashSet<>();
            for (Program program : programs.values()) {
                if (program.phase() instanceof ProgramPhase.Stopped) {
                    stopped.add(program.name());
                }
            }
            return stopped;
        }

        /// Numbers of workers set by hand that programs which were changed are to have again.
        List<Intent> intents(ReloadPlan reloadPlan) {
            List<Intent> intents = new ArrayList<>();
            for (Program program : programs.values()) {
                DefinitionChange definitionChange = reloadPlan.changes().get(program.name());
                if (definitionChange == null
                        || definitionChange.kind() == DefinitionChange.Kind.UNCHANGED) {
                    continue;
                }
                if (program.count() != program.newest().workers()) {
                    intents.add(
                            new Intent(
                                    program.name(), new ProgramCommand.ScaleTo(program.count())));
                }
            }
            return intents;
        }
    }

    /// A command that brings back what an operator had set.
    record Intent(String program, ProgramCommand command) {}

    /// @param settings those in force
    /// @param changed is told when there is something new to be written down
    PendingConfirmation(
            ProgramTable programTable,
            ManagerLog managerLog,
            Supplier<ServicesSpec> settings,
            Runnable changed) {
        this.settings = settings;
        this.changed = changed;
        this.programTable = programTable;
        this.managerLog = managerLog;
    }

    /// A reload begins that has to be confirmed.
    ///
    /// @param pendingCommand when it is over, the time begins
    void begin(Terms on, ServicesSpec settings, PendingCommand pendingCommand) {
        if (before == null) {
            before = new Before(programTable.states(), settings);
        }
        terms = on;
        until = null;
        int mine = ++tries;
        pendingCommand.whenOver(() -> over(mine, on));
    }

    private void over(int mine, Terms on) {
        if (before != null && mine == tries) {
            until = Clock.now().plus(on.time());
            changed.run();
            managerLog.warn("", "the reload " + on.words() + " (einhyrningsinsctl confirm)");
        }
    }

    /// State for the next manager to go on with; null if there is nothing.
    public @Nullable PendingConfirmationSnapshot image() {
        return before == null || terms == null
                ? null
                : new PendingConfirmationSnapshot(
                        before.programs(),
                        before.settings().withoutPrograms(),
                        terms.time(),
                        until);
    }

    /// Goes on where another manager stopped. A reload that was under way when it was killed has
    /// its time from now on.
    public void resume(@Nullable PendingConfirmationSnapshot image) {
        if (image != null) {
            before = new Before(new LinkedHashMap<>(image.before()), image.settings());
            terms = new Terms(image.time());
            Moment end = requireNonNullElse(image.until(), Clock.now().plus(image.time()));
            until = end;
            endIfNothingLeft();
            if (before != null) {
                long left = Math.max(0, end.since(Clock.now()).toMillis());
                managerLog.warn("", "the reload before " + Terms.words(left));
            }
        }
    }

    /// Returns whether a reload that is to be confirmed has not ended yet.
    public boolean underWay() {
        return before != null && until == null;
    }

    /// Stays with what there is.
    ///
    /// @return what became of the reload; null if there was nothing to confirm
    @Nullable ConfirmationOutcome confirm() {
        endIfNothingLeft();
        if (before == null) {
            return null;
        }
        ConfirmationOutcome confirmationOutcome =
                ConfirmationOutcome.of(before.programs(), programTable.states());
        managerLog.info("", "the reload is confirmed");
        forget();
        return confirmationOutcome;
    }

    /// Ends the wait where nothing is left to confirm: all that the reload brought failed, and what
    /// was before is back.
    void endIfNothingLeft() {
        if (before == null || until == null || hasOtherSettings(before)) {
            return;
        }
        ConfirmationOutcome confirmationOutcome =
                ConfirmationOutcome.of(before.programs(), programTable.states());
        if (!confirmationOutcome.changed().isEmpty() || confirmationOutcome.back().isEmpty()) {
            return;
        }
        managerLog.info("", "nothing of the reload is left to confirm: what was before is back");
        forget();
        changed.run();
    }

    private boolean hasOtherSettings(Before was) {
        return !settings.get().withoutPrograms().equals(was.settings().withoutPrograms());
    }

    private void forget() {
        before = null;
        terms = null;
        until = null;
    }

    /// Time to go back; null for never.
    public @Nullable Moment deadline() {
        return until;
    }

    /// Ends the wait for a confirmation that did not come.
    ///
    /// @return what there was; null if nothing was awaited
    @Nullable Before expire() {
        endIfNothingLeft();
        Before was = before;
        if (was != null) {
            managerLog.warn(
                    "", "the reload was not confirmed in time: going back to what was before");
        }
        forget();
        return was;
    }

    /// Reason why an ordinary reload has to wait; null if it has not.
    @Nullable String objection() {
        endIfNothingLeft();
        return before == null
                ? null
                : "the last reload waits to be confirmed: 'confirm' it first, or 'reload --confirm"
                        + " TIME' to try another file, or let it go back";
    }

    /// Time left to confirm, in milliseconds; -1 if nothing waits.
    public long leftMillis() {
        endIfNothingLeft();
        if (terms == null) {
            return -1;
        }
        return until == null
                ? terms.time().toMillis()
                : Math.max(0, until.since(Clock.now()).toMillis());
    }

    /// The definitions it may go back to, whose sockets stay open.
    List<ProgramSpec> definitions() {
        return before == null ? List.of() : List.copyOf(before.definitions().values());
    }
}
