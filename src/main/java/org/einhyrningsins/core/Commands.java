// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Fallback;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Version;
import org.einhyrningsins.core.model.Wait;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What becomes of a command.
final class Commands {
    private Commands() {}

    static void obey(Draft draft, long ticket, Command command) {
        switch (command) {
            case Command.Start c -> start(draft, ticket, c);
            case Command.Stop c -> stop(draft, ticket, c);
            case Command.Restart c -> restart(draft, ticket, c);
            case Command.Hasten ignored -> hasten(draft, ticket);
            case Command.Upgrade c -> upgrade(draft, ticket, c);
            case Command.Promote ignored -> promote(draft, ticket);
            case Command.Abort ignored -> abort(draft, ticket);
            case Command.Apply c -> apply(draft, ticket, c);
            case Command.Reset c -> reset(draft, ticket, c);
            case Command.Debut c -> debut(draft, ticket, c.before());
            case Command.Hold c -> hold(draft, ticket, c);
            case Command.Release ignored -> release(draft, ticket);
            case Command.Keep c -> keep(draft, ticket, c.why());
            case Command.ScaleBy c -> scale(draft, ticket, draft.count + c.delta());
            case Command.ScaleTo c -> scale(draft, ticket, c.count());
            case Command.SendSignal c -> signal(draft, ticket, c);
        }
    }

    private static void start(Draft draft, long ticket, Command.Start command) {
        Set<Integer> scope = command.scope();
        if (scope != null && draft.phase instanceof Phase.Stopped) {
            holdAllBut(draft, scope);
        }
        Admission.ask(draft);
        Slots.trim(draft);
        for (Slot slot : draft.slots) {
            if (covers(scope, slot) && slot.index() < draft.count) {
                draft.put(slot.afresh(draft.now));
            }
        }
        if (command.toItsEnd()) {
            expectEnd(draft, ticket, "start", scope);
        } else {
            expect(draft, ticket, "start", scope, Wait.Until.UP);
        }
    }

    /// Who takes a server for no job would wonder why nothing is heard of it.
    private static void expectEnd(
            Draft draft, long ticket, String verb, @Nullable Set<Integer> scope) {
        expect(draft, ticket, verb, scope, Wait.Until.ENDED);
        if (draft.serving.spec().endsByItself()) {
            String message = draft.name + ": a job (restart: never), its end is waited for";
            draft.effects.add(new Effect.Progress(ticket, message));
        }
    }

    /// A stopped program of which some slots are started keeps the others stopped.
    private static void holdAllBut(Draft draft, Set<Integer> scope) {
        Slots.trim(draft);
        for (Slot slot : draft.slots) {
            draft.put(slot.hold(!scope.contains(slot.index())));
        }
    }

    private static void stop(Draft draft, long ticket, Command.Stop command) {
        Set<Integer> scope = command.scope();
        if (scope == null) {
            Rolling.abort(draft, "stopped during the rollout");
            draft.phase = new Phase.Stopped();
        }
        for (Slot slot : draft.slots) {
            (covers(scope, slot) ? slot.leaving() : List.<Worker>of()).forEach(draft::hurry);
        }
        tellOfThoseThatStopAlready(draft, ticket, scope);
        for (Slot slot : draft.slots) {
            if (covers(scope, slot)) {
                draft.put(slot.refill(null).hold(scope != null));
                tellBothToGo(draft, slot, Cause.STOPPED, command.first());
            }
        }
        expect(draft, ticket, "stop", scope, Wait.Until.GONE);
    }

    /// Who asks again would else wait without a word of what is going on, nor of how to end it.
    private static void tellOfThoseThatStopAlready(
            Draft draft, long ticket, @Nullable Set<Integer> scope) {
        int count = 0;
        Moment next = null;
        for (Slot slot : draft.slots) {
            for (Worker worker : covers(scope, slot) ? slot.leaving() : List.<Worker>of()) {
                if (worker.state() instanceof WorkerState.Stopping s && !s.rest().isEmpty()) {
                    count++;
                    next = Moment.earlier(next, s.deadline());
                }
            }
        }
        if (next != null) {
            String when = Words.of(next.since(draft.now));
            String what = " stopping already, the next signal is due in " + when;
            String hint = "; 'signal KILL " + draft.name + "' ends them now";
            String who = Words.workers(count) + (count == 1 ? " is" : " are");
            draft.effects.add(new Effect.Progress(ticket, draft.name + ": " + who + what + hint));
        }
    }

    private static void restart(Draft draft, long ticket, Command.Restart command) {
        Set<Integer> scope = command.scope();
        if (scope == null) {
            Rolling.abort(draft, "restarted by the operator during the rollout");
        }
        if (scope != null && draft.phase instanceof Phase.Stopped) {
            holdAllBut(draft, scope);
        }
        if (scope == null && draft.phase instanceof Phase.Running) {
            draft.phase = new Phase.Running(false);
        }
        Admission.ask(draft);
        Slots.trim(draft);
        for (Slot slot : draft.slots) {
            if (covers(scope, slot) && slot.index() < draft.count) {
                tellBothToGo(draft, slot, Cause.RESTARTED, null);
                draft.put(draft.slot(slot.index()).afresh(draft.now));
            }
        }
        expectEnd(draft, ticket, "restart", scope);
    }

    private static void tellBothToGo(Draft draft, Slot slot, Cause cause, @Nullable Signal first) {
        if (slot.successor() != null) {
            draft.tellToGo(slot.successor(), cause, first);
        }
        if (slot.current() != null) {
            draft.tellToGo(slot.current(), cause, first);
        }
    }

    private static void hasten(Draft draft, long ticket) {
        int hastened = 0;
        for (Slot slot : draft.slots) {
            for (Worker worker : slot.leaving()) {
                if (worker.state() instanceof WorkerState.Stopping s && !s.rest().isEmpty()) {
                    draft.insist(worker, s);
                    hastened++;
                }
            }
        }
        say(draft, ticket, true, Words.workers(hastened) + " got the next signal");
    }

    private static void upgrade(Draft draft, long ticket, Command.Upgrade command) {
        if (draft.phase instanceof Phase.Stopped) {
            say(draft, ticket, false, "is stopped, so there is nothing to roll; start it");
            return;
        }
        if (draft.phase instanceof Phase.Waiting waiting) {
            say(draft, ticket, false, waiting.words() + "; so there is nothing to roll");
            return;
        }
        ProgramSpec spec = draft.serving.spec();
        Strategy strategy =
                command.strategy() == null ? spec.rollout().strategy() : command.strategy();
        Version target = new Version(draft.nextGeneration++, spec);
        Rolling.begin(draft, target, strategy, command.scope());
        expect(draft, ticket, "upgrade", command.scope(), Wait.Until.ROLLED);
    }

    private static void promote(Draft draft, long ticket) {
        Rollout rollout = draft.rollout;
        if (rollout == null || rollout.draining()) {
            say(draft, ticket, false, "no rollout is under way, so there is no canary to promote");
        } else if (!rollout.holds()) {
            say(draft, ticket, false, "its rollout waits for no canary; it goes on by itself");
        } else {
            expect(draft, ticket, "promote", null, Wait.Until.ROLLED);
            Canaries.pass(draft, rollout, "canary promoted by the operator");
        }
    }

    private static void abort(Draft draft, long ticket) {
        if (draft.advancing()) {
            Rolling.goBack(draft, "aborted by the operator, old version kept");
        } else if (!Renewal.recalls(draft)) {
            String why =
                    draft.rollout == null
                            ? "no rollout is under way, so there is nothing to abort"
                            : "has rolled already, its last old workers are leaving; to go back,"
                                    + " reload the older definition";
            say(draft, ticket, false, why);
            return;
        }
        expect(draft, ticket, "abort", null, Wait.Until.BACK);
    }

    private static void apply(Draft draft, long ticket, Command.Apply command) {
        ProgramSpec spec = command.spec();
        switch (draft.program().takeover(spec, command.roll())) {
            case UNCHANGED -> join(draft, ticket, spec);
            case ADDED, REMOVED, IN_PLACE -> applyInPlace(draft, ticket, spec);
            case NOTED -> {
                Rolling.abort(draft, "superseded by a newer definition");
                Setbacks.forget(draft);
                note(draft, spec);
                if (draft.phase instanceof Phase.Waiting) {
                    expect(draft, ticket, "reload", null, Wait.Until.UP);
                } else {
                    say(draft, ticket, true, "new definition noted; it is stopped");
                }
            }
            case BACK -> {
                Rolling.goBack(draft, "given up for an older definition that was asked for again");
                adopt(draft, draft.serving.managedBy(spec));
                expect(draft, ticket, "reload", null, Wait.Until.BACK);
            }
            case ROLLED -> {
                roll(draft, spec, spec.rollout().strategy());
                expect(draft, ticket, "reload", null, Wait.Until.ROLLED);
            }
        }
    }

    /// What never served is nothing to go back to: then the next definition is the first.
    private static void roll(Draft draft, ProgramSpec spec, Strategy strategy) {
        Version target = new Version(draft.nextGeneration++, spec);
        if (Rolling.debuts(draft)) {
            Rolling.abort(draft, "superseded by a newer definition");
            adopt(draft, target);
        }
        Rolling.begin(draft, target, strategy, null);
    }

    // ---- in place of others

    private static void debut(Draft draft, long ticket, @Nullable ProgramSpec before) {
        if (before != null && draft.fallback == null) {
            draft.fallback = new Fallback(draft.serving.managedBy(before), draft.now, null);
            draft.serving = new Version(draft.nextGeneration++, draft.serving.spec());
        }
        Admission.ask(draft);
        Slots.trim(draft);
        Rolling.begin(draft, draft.serving, draft.serving.spec().rollout().strategy(), null);
        expect(draft, ticket, "reload", null, Wait.Until.ROLLED);
    }

    private static void hold(Draft draft, long ticket, Command.Hold command) {
        Rollout rollout = draft.rollout;
        boolean joins =
                rollout != null
                        && rollout.held()
                        && !rollout.draining()
                        && rollout.target().spec().equals(command.spec());
        if (!joins) {
            roll(draft, command.spec(), Strategy.FLEET);
            Rollout begun = draft.rollout;
            draft.rollout = begun == null ? null : begun.held(true);
        }
        expect(draft, ticket, "reload", null, Wait.Until.READY);
    }

    private static void release(Draft draft, long ticket) {
        Rollout rollout = draft.rollout;
        if (rollout == null || rollout.draining() || !rollout.held()) {
            say(draft, ticket, false, "its rollout is not held any more: " + draft.verdict);
            return;
        }
        draft.rollout = rollout.held(false);
        expect(draft, ticket, "reload", null, Wait.Until.ROLLED);
    }

    private static void keep(Draft draft, long ticket, String why) {
        if (draft.advancing()) {
            Rolling.goBack(draft, why);
        } else {
            draft.verdict = why;
            draft.report(Severity.ERROR, null, why);
        }
        say(draft, ticket, false, why);
    }

    /// What is asked for is what it is, or what a rollout under way will make of it.
    private static void join(Draft draft, long ticket, ProgramSpec spec) {
        if (draft.phase instanceof Phase.Waiting) {
            expect(draft, ticket, "reload", null, Wait.Until.UP);
        } else if (draft.rollout == null) {
            applyInPlace(draft, ticket, spec);
        } else {
            expect(draft, ticket, "reload", null, Wait.Until.ROLLED);
        }
    }

    private static void reset(Draft draft, long ticket, Command.Reset command) {
        for (Slot slot : draft.slots) {
            draft.put(slot.held() ? slot.afresh(draft.now) : slot);
        }
        int workers = command.spec().workers();
        if (draft.phase instanceof Phase.Stopped) {
            note(draft, command.spec());
            draft.count = workers;
            start(draft, ticket, new Command.Start(null));
            return;
        }
        apply(draft, ticket, new Command.Apply(command.spec(), command.roll()));
        if (draft.rollout == null) {
            draft.count = workers;
        } else {
            draft.rollout = draft.rollout.count(workers);
        }
    }

    /// Nothing runs: it is what the program is from now on.
    private static void note(Draft draft, ProgramSpec spec) {
        boolean same = spec.birth().equals(draft.serving.spec().birth());
        Version version =
                same ? draft.serving.managedBy(spec) : new Version(draft.nextGeneration++, spec);
        draft.fallback = same ? draft.fallback : null; // it was that of another version
        adopt(draft, version);
    }

    /// A rollout that is under way would bring something else: it is given up first.
    private static void applyInPlace(Draft draft, long ticket, ProgramSpec spec) {
        Setbacks.forget(draft);
        Rollout debut = Rolling.debuts(draft) ? draft.rollout : null;
        if (debut != null) { // what it is to bring is what is asked for
            adopt(draft, draft.serving.managedBy(spec));
            draft.rollout = debut.onto(draft.serving);
            expect(draft, ticket, "reload", null, Wait.Until.ROLLED);
            return;
        }
        Rolling.abort(draft, "given up for an older definition that was asked for again");
        int before = draft.count;
        note(draft, spec);
        if (draft.phase instanceof Phase.Failed) {
            Admission.ask(draft);
            for (Slot slot : draft.slots) {
                boolean empty = slot.current() == null && !slot.held();
                draft.put(empty ? slot.afresh(draft.now) : slot);
            }
        }
        String workers =
                draft.count == before
                        ? "no worker touched"
                        : "scaled from " + before + " to " + draft.count;
        draft.report(Severity.INFO, null, "new definition in place, " + workers);
        boolean waits = draft.phase instanceof Phase.Waiting;
        expect(draft, ticket, "reload", null, waits ? Wait.Until.UP : Wait.Until.SCALED);
    }

    /// A count that the operator chose stays.
    private static void adopt(Draft draft, Version version) {
        if (draft.count == draft.serving.spec().workers()) {
            draft.count = version.spec().workers();
        }
        draft.serving = version;
        ProgramSpec.Birth birth = version.spec().birth();
        for (Slot slot : draft.slots) {
            for (Worker worker : slot.workers()) {
                if (worker.version().spec().birth().equals(birth)) {
                    draft.replace(managedBy(draft, worker, version.spec()));
                }
            }
        }
    }

    /// One that is starting shows in the new way that it is up, and has all the time for it.
    private static Worker managedBy(Draft draft, Worker worker, ProgramSpec spec) {
        Worker managed = worker.under(worker.version().managedBy(spec));
        boolean asBefore = worker.version().spec().ack().equals(spec.ack());
        return worker.state() instanceof WorkerState.Starting && !asBefore
                ? managed.in(draft.starting(spec.ack()))
                : managed;
    }

    private static void scale(Draft draft, long ticket, int count) {
        if (count < 0 || count > MOST_WORKERS) {
            say(draft, ticket, false, "cannot run " + count + " workers; 0 to " + MOST_WORKERS);
            return;
        }
        draft.report(Severity.INFO, null, "scaled from " + draft.count + " to " + count);
        draft.count = count;
        if (draft.rollout != null) {
            draft.rollout = draft.rollout.keepCount();
        }
        expect(draft, ticket, "scale", null, Wait.Until.SCALED);
    }

    private static void signal(Draft draft, long ticket, Command.SendSignal command) {
        Set<WorkerId> wanted = command.workers();
        List<WorkerId> workers = new ArrayList<>();
        for (Slot slot : draft.slots) {
            for (Worker worker : slot.workers()) {
                if (wanted == null || wanted.contains(worker.id())) {
                    workers.add(worker.id());
                }
            }
        }
        draft.effects.add(new Effect.Deliver(ticket, command.signal(), workers));
    }

    private static boolean covers(@Nullable Set<Integer> scope, Slot slot) {
        return scope == null || scope.contains(slot.index());
    }

    private static void expect(
            Draft draft, long ticket, String verb, @Nullable Set<Integer> scope, Wait.Until until) {
        draft.waits.add(new Wait(ticket, verb, draft.now, scope, until));
    }

    private static void say(Draft draft, long ticket, boolean done, String message) {
        draft.effects.add(new Effect.Answer(ticket, done, draft.name + ": " + message, null));
    }

    /// As many as the configuration allows.
    private static final int MOST_WORKERS = 10_000;
}
