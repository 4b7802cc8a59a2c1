// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Canary;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.CareSpec;
import org.einhyrningsins.spec.ProgramSpec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Events, effects and programs as a person reads them in a transcript.
public final class Lines {
    private Lines() {}

    public static String of(Event event) {
        return switch (event) {
            case Event.Exited e -> "exited " + e.worker() + ": " + e.exit();
            case Event.LeaderExited e -> "leader exited " + e.worker() + ": " + e.exit();
            case Event.Suspended e -> "suspended " + e.worker() + " by " + e.by();
            case Event.Resumed e -> "resumed " + e.worker();
            case Event.SpawnFailed e -> "spawn failed " + e.worker() + ": " + e.why();
            case Event.Delayed e -> "delayed " + e.worker();
            case Event.Executed e -> "executed " + e.worker();
            case Event.Acked e -> "acked " + e.worker();
            case Event.Probed e -> "probed " + e.worker() + (e.up() ? ": up" : ": not up");
            case Event.Unasked e -> "not asked " + e.worker() + ": " + e.why();
            case Event.Pinged e -> "pinged " + e.worker();
            case Event.Despaired e -> "despaired " + e.worker();
            case Event.Retimed e -> "retimed " + e.worker() + " to " + Words.of(e.interval());
            case Event.Weighed e -> "weighed " + e.worker() + ": " + Words.bytes(e.bytes());
            case Event.Drained e -> "drained " + e.worker();
            case Event.Extended e -> "extended " + e.worker() + " by " + Words.of(e.time());
            case Event.Admitted e -> "admitted without " + e.without();
            case Event.Deferred e -> "deferred: on " + e.on() + ", by " + e.by();
            case Event.Requested e -> "requested " + e.ticket() + ": " + of(e.command());
            case Event.Affirmed ignored -> "affirmed";
            case Event.Forsaken ignored -> "forsaken";
            case Event.DeadlinePassed ignored -> "deadline passed";
        };
    }

    static String of(Command command) {
        return switch (command) {
            case Command.Apply c -> "apply " + of(c.spec()) + (c.roll() ? " roll" : "");
            case Command.Reset c -> "reset " + of(c.spec()) + (c.roll() ? " roll" : "");
            case Command.Upgrade c -> "upgrade " + c.scope() + " " + c.strategy();
            case Command other -> other.toString();
        };
    }

    static String of(ProgramSpec spec) {
        return spec.command().getFirst()
                + " workers="
                + spec.workers()
                + " "
                + spec.ack()
                + " "
                + spec.stop()
                + " "
                + spec.restart()
                + " "
                + spec.rollout()
                + (spec.care().equals(CareSpec.NONE) ? "" : " " + spec.care());
    }

    static String of(Effect effect) {
        return switch (effect) {
            case Effect.Spawn e ->
                    "spawn " + e.worker() + " of generation " + e.version().generation();
            case Effect.Send e ->
                    "send " + e.signal() + " to " + (e.group() ? "the group of " : "") + e.worker();
            case Effect.Deliver e ->
                    "deliver " + e.signal() + " to " + e.workers() + " for " + e.ticket();
            case Effect.Probe e -> "probe " + e.worker();
            case Effect.EndProbe e -> "end probe of " + e.worker();
            case Effect.Weigh e -> "weigh " + e.worker();
            case Effect.Progress e -> "progress " + e.ticket() + ": " + e.message();
            case Effect.Answer e ->
                    "answer "
                            + e.ticket()
                            + (e.done() ? " done: " : " FAILED: ")
                            + e.message()
                            + (e.blame() == null ? "" : " (blame " + e.blame() + ")");
            case Effect.Report e ->
                    "log "
                            + e.severity().name().toLowerCase(Locale.ROOT)
                            + (e.worker() == null ? "" : " " + e.worker())
                            + ": "
                            + e.message();
        };
    }

    /// The whole state in a line.
    static String of(Program program) {
        List<String> words = new ArrayList<>();
        words.add(
                of(program.phase())
                        + " g"
                        + program.serving().generation()
                        + " x"
                        + program.count());
        Rollout rollout = program.rollout();
        if (rollout != null) {
            words.add(
                    (rollout.draining() ? "draining" : rolling(rollout))
                            + " to g"
                            + rollout.target().generation()
                            + (rollout.failures() == 0
                                    ? ""
                                    : " (" + rollout.failures() + " failed)"));
        }
        if (program.setback() != null && program.setback().returning()) {
            words.add("back from g" + program.setback().generation());
        }
        if (program.fallback() != null) {
            String whether = program.fallback().taken() == null ? "or g" : "not g";
            words.add(whether + program.fallback().version().generation());
        }
        for (Slot slot : program.slots()) {
            words.add(of(program, slot));
        }
        return String.join(" | ", words);
    }

    private static String rolling(Rollout rollout) {
        if (!rollout.proved()) {
            return "trying";
        }
        if (!rollout.holds()) {
            return "rolling";
        }
        return rollout.canary() instanceof Canary.Watched ? "watching" : "canary";
    }

    private static String of(Phase phase) {
        return phase instanceof Phase.Waiting waiting
                ? "waiting (" + waiting.words() + ")"
                : phase.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    private static String of(Program program, Slot slot) {
        List<String> words = new ArrayList<>();
        Worker current = slot.current();
        if (current != null) {
            words.add(of(current));
            String ailment = program.ailment(current);
            if (ailment != null) {
                words.add("ails (" + ailment + ")");
            }
        }
        if (slot.past().crashLoop()) {
            words.add("crash loop");
        }
        if (slot.held()) {
            words.add("held");
        }
        if (slot.finished() != null) {
            words.add("finished");
        }
        Moment refill = slot.refill();
        if (current == null && refill != null && program.wants(slot)) {
            words.add(
                    refill.reached(program.asOf())
                            ? "waits"
                            : "refill in " + Words.of(refill.since(program.asOf())));
        }
        Worker successor = slot.successor();
        if (successor != null) {
            words.add("then " + of(successor));
        }
        for (Worker leaving : slot.leaving()) {
            words.add(of(leaving));
        }
        return slot.index() + ": " + (words.isEmpty() ? "empty" : String.join(", ", words));
    }

    private static String of(Worker worker) {
        String state =
                switch (worker.state()) {
                    case WorkerState.Starting ignored -> "starting";
                    case WorkerState.Settling ignored -> "settling";
                    case WorkerState.Ready ignored -> "ready";
                    case WorkerState.Stopping s ->
                            (s.stuck() ? "stuck " : s.draining() ? "draining " : "leaving ")
                                    + s.cause().name()
                                    + (s.leaderless() ? " without its process" : "");
                };
        String frozen = worker.care().suspended() == null ? "" : " suspended";
        return worker.id() + " g" + worker.version().generation() + " " + state + frozen;
    }
}
