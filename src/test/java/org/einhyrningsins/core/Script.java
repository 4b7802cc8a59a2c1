// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/// A transcript: what happens to a program, line by line, and what it does.
///
/// ```
/// # Why it is so.
/// program workers=1 ack=manual
///
/// 0s start
///     spawn 0#1 of generation 1
///     = running g1 x1 | 0: 0#1 g1 starting
/// ```
///
/// `5s late 20s` means that the manager is away from 5 s on for 20 s; `5s killed`, that it is
/// killed and another finds all workers alive, but for those of which only others of their process
/// groups are left (`leaderless=0#1`). `5s lost` means that nothing is left besides of what the
/// manager wrote, and the next knows the workers by what they carry: some are of another definition
/// than the file's (`other=0#1`). What is indented is expected; a line that is not is an event,
/// with the time since the beginning. Deadlines that come first pass by themselves and are shown as
/// `(at 30s)`. Commands get the tickets 1, 2, 3 …
final class Script {
    private final List<String> written = new ArrayList<>();
    private final Laws laws = new Laws(false);
    private final Arrows arrows;
    private Definition definition = Definition.of("");
    private Program program = Program.of(definition.spec(), new Moment(0));
    private long now;
    private long ticket;

    Script(Arrows arrows) {
        this.arrows = arrows;
    }

    /// Plays the events of a transcript.
    ///
    /// @return the transcript with what did happen
    String play(String text) {
        for (String line : text.lines().toList()) {
            if (line.isBlank() || line.startsWith("#")) {
                written.add(line);
            } else if (line.startsWith("program ")) {
                written.add(line);
                definition = Definition.of(line.substring("program ".length()));
                program = Program.of(definition.spec(), new Moment(0));
            } else if (!line.startsWith(" ")) {
                int space = line.indexOf(' ');
                if (line.substring(space).startsWith(" late ")) {
                    late(line);
                    continue;
                }
                until(Definition.duration(line.substring(0, space)).toNanos());
                written.add(line);
                happen(List.of(line.substring(space).strip().split("\\s+", -1)));
            }
        }
        return String.join("\n", written) + "\n";
    }

    /// From that moment on nobody looks at the clock for a while.
    private void late(String line) {
        String[] words = line.split(" ", 3);
        until(Definition.duration(words[0]).toNanos());
        written.add(line);
        now += Definition.duration(words[2]).toNanos();
        step(new ProgramEvent.DeadlinePassed());
    }

    private void until(long time) {
        Moment deadline = program.earliestDeadline();
        while (deadline != null && deadline.nanos() <= time) {
            now = Math.max(now, deadline.nanos());
            written.add("    (at " + DurationText.of(Duration.ofNanos(now)) + ")");
            step(new ProgramEvent.DeadlinePassed());
            deadline = program.earliestDeadline();
        }
        now = time;
    }

    private void happen(List<String> words) {
        switch (words.getFirst()) {
            case "nothing" -> {}
            case "killed" ->
                    recover(
                            names(words, "leaderless="),
                            names(words, "unborn="),
                            names(words, "ended="),
                            names(words, "gone="));
            case "lost" -> findAgain(names(words, "other="));
            default -> step(event(words));
        }
    }

    /// @param without the workers whose own process is gone
    /// @param ordered the workers that never came to be
    /// @param seen the workers whose end was seen, `0#1:EXIT`
    /// @param gone the workers that ended while there was no manager
    private void recover(
            Set<String> without, Set<String> ordered, Set<String> seen, Set<String> gone) {
        Set<WorkerId> alive = new HashSet<>();
        Set<WorkerId> leaderless = new HashSet<>();
        without.forEach(word -> leaderless.add(worker(word)));
        for (Slot slot : program.slots()) {
            slot.workers().forEach(worker -> alive.add(worker.id()));
        }
        Set<WorkerId> unborn = new HashSet<>();
        ordered.forEach(word -> unborn.add(worker(word)));
        alive.removeAll(leaderless);
        alive.removeAll(unborn);
        gone.forEach(word -> alive.remove(worker(word)));
        Map<WorkerId, WorkerExit> ends = new HashMap<>();
        for (String word : seen) {
            String[] parts = word.split(":", -1);
            ends.put(worker(parts[0]), exit(parts[1]));
        }
        alive.removeAll(ends.keySet());
        var found = new Recovery.Found(alive, leaderless, List.of(), Set.of(), unborn, ends);
        Transition step = Recovery.after(program, found, new Moment(now));
        laws.recovered(program, new Moment(now), step);
        show(step);
    }

    /// @param others those that the file does not have so
    private void findAgain(Set<String> others) {
        Set<WorkerId> alive = new HashSet<>();
        Set<WorkerId> up = new HashSet<>();
        List<Recovery.Newborn> newborn = new ArrayList<>();
        int generation = program.serving().generation();
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                boolean other =
                        others.contains(worker.id().slot() + "#" + worker.id().incarnation());
                alive.add(worker.id());
                newborn.add(new Recovery.Newborn(worker.id(), generation, other));
                if (worker.up()) {
                    up.add(worker.id());
                }
            }
        }
        Moment moment = new Moment(now);
        int count = definition.spec().workers();
        Program found = Recovery.found(definition.spec(), count, Set.of(), generation, moment);
        var what = new Recovery.Found(alive, Set.of(), newborn, up);
        Transition step = Recovery.after(found, what, moment);
        laws.recovered(found, moment, step);
        show(step);
    }

    private void step(ProgramEvent programEvent) {
        Moment moment = new Moment(now);
        Transition step = program.step(programEvent, moment);
        laws.check(program, programEvent, moment, step);
        arrows.watch(program, programEvent, moment, step);
        show(step);
    }

    private void show(Transition step) {
        program = step.program();
        for (ProgramEffect programEffect : step.effects()) {
            written.add("    " + Lines.of(programEffect));
        }
        written.add("    = " + Lines.of(program));
    }

    private ProgramEvent event(List<String> words) {
        String what = words.getFirst();
        return switch (what) {
            case "ack" -> new ProgramEvent.Acked(worker(words.get(1)));
            case "exit" -> new ProgramEvent.Exited(worker(words.get(1)), exit(words.get(2)));
            case "leader-exit" ->
                    new ProgramEvent.LeaderExited(worker(words.get(1)), exit(words.get(2)));
            case "suspend" ->
                    new ProgramEvent.Suspended(worker(words.get(1)), Signal.valueOf(words.get(2)));
            case "resume" -> new ProgramEvent.Resumed(worker(words.get(1)));
            case "spawn-failed" ->
                    new ProgramEvent.SpawnFailed(
                            worker(words.get(1)), String.join(" ", words.subList(2, words.size())));
            case "delay" -> new ProgramEvent.Delayed(worker(words.get(1)));
            case "execute" -> new ProgramEvent.Executed(worker(words.get(1)));
            case "probed" ->
                    new ProgramEvent.Probed(
                            worker(words.get(1)), words.get(2).equals("up"), answer(words));
            case "hearing" -> new ProgramEvent.PartialAnswer(worker(words.get(1)), answer(words));
            case "unasked" ->
                    new ProgramEvent.ProbeNotRun(
                            worker(words.get(1)), "./check: not there (ENOENT)");
            case "ping" -> new ProgramEvent.Pinged(worker(words.get(1)));
            case "despair" -> new ProgramEvent.WatchdogTriggered(worker(words.get(1)));
            case "retime" ->
                    new ProgramEvent.WatchdogIntervalSet(
                            worker(words.get(1)), Definition.duration(words.get(2)));
            case "weighed" ->
                    new ProgramEvent.MemoryMeasured(
                            worker(words.get(1)), Long.parseLong(words.get(2)) << 20);
            case "drained" -> new ProgramEvent.Drained(worker(words.get(1)));
            case "task-ended" -> {
                TaskStage stage = Objects.requireNonNull(program.tasks().stage(), "no task");
                String why = String.join(" ", words.subList(1, words.size()));
                yield new ProgramEvent.TaskEnded(
                        stage, why.isEmpty() ? null : why, "", Duration.ofSeconds(1));
            }
            case "due" ->
                    new ProgramEvent.Due(
                            Long.parseLong(words.get(1)),
                            !words.contains("pass"),
                            words.stream()
                                    .filter(word -> word.startsWith("missed="))
                                    .mapToInt(word -> Integer.parseInt(word.substring(7)))
                                    .sum());
            case "affirm" -> new ProgramEvent.DefinitionConfirmed();
            case "forsake" ->
                    new ProgramEvent.FallbackLost(String.join(" ", words.subList(1, words.size())));
            case "extend" ->
                    new ProgramEvent.Extended(
                            worker(words.get(1)), Definition.duration(words.get(2)));
            case "restarted" ->
                    new ProgramEvent.DependencyRestarted(
                            words.get(1),
                            new Moment(now),
                            VersionOrigin.of(VersionOrigin.Made.DEPENDENCY, words.get(1), 0));
            case "admit" -> new ProgramEvent.Admitted(names(words, ""));
            case "defer" -> new ProgramEvent.Deferred(names(words, ""), hindrance(words));
            default ->
                    new ProgramEvent.Requested(
                            ++ticket,
                            command(what, words.subList(1, words.size())),
                            VersionOrigin.of(made(what), "ann", 0));
        };
    }

    /// What a probe had for an answer, from the third word on.
    private static String answer(List<String> words) {
        String answer = String.join(" ", words.subList(2, words.size()));
        return switch (answer) {
            case "up" -> "";
            case "down" -> "HTTP/1.1 503 Service Unavailable";
            default -> answer;
        };
    }

    /// The words after the first that begin with a prefix; without one, those that have none.
    private static Set<String> names(List<String> words, String prefix) {
        Set<String> names = new TreeSet<>();
        for (String word : words.subList(1, words.size())) {
            if (prefix.isEmpty() ? word.indexOf('=') < 0 : word.startsWith(prefix)) {
                names.add(word.substring(prefix.length()));
            }
        }
        return names;
    }

    /// `failed=db`, `failed-job=migrate`, `by-hand=migrate`; null for none.
    private static ProgramPhase.@Nullable Blocker hindrance(List<String> words) {
        for (String word : words) {
            String[] pair = word.split("=", 2);
            switch (pair[0]) {
                case "failed" -> {
                    return new ProgramPhase.Blocker(pair[1], false, false, false);
                }
                case "failed-job" -> {
                    return new ProgramPhase.Blocker(pair[1], false, false, true);
                }
                case "by-hand" -> {
                    return new ProgramPhase.Blocker(pair[1], true, true, true);
                }
                default -> {}
            }
        }
        return null;
    }

    /// With `release=` to the release that the links point at now.
    private ProgramCommand upgrade(List<String> words) {
        String release =
                String.join(" ", words.stream().filter(w -> w.startsWith("release=")).toList());
        if (release.isEmpty()) {
            return new ProgramCommand.Upgrade(scope(words), strategy(words));
        }
        definition = definition.with(release);
        return new ProgramCommand.Upgrade(null, strategy(words), definition.spec());
    }

    private static VersionOrigin.Made made(String what) {
        return switch (what) {
            case "rollback" -> VersionOrigin.Made.ROLLBACK;
            case "upgrade" -> VersionOrigin.Made.UPGRADE;
            case "start" -> VersionOrigin.Made.START;
            default -> VersionOrigin.Made.RELOAD;
        };
    }

    private ProgramCommand command(String what, List<String> words) {
        return switch (what) {
            case "start" -> new ProgramCommand.Start(scope(words), true);
            case "stop" -> new ProgramCommand.Stop(scope(words), first(words));
            case "restart" -> new ProgramCommand.Restart(scope(words));
            case "hasten" -> new ProgramCommand.SkipWait();
            case "promote" -> new ProgramCommand.Promote();
            case "abort" -> new ProgramCommand.Abort();
            case "upgrade" -> upgrade(words);
            case "debut" -> {
                ProgramSpec before = words.isEmpty() ? null : definition.spec();
                definition = definition.with(String.join(" ", words));
                if (before != null) {
                    program = Program.of(definition.spec(), new Moment(now));
                }
                yield new ProgramCommand.Debut(before);
            }
            case "release" -> new ProgramCommand.Release();
            case "keep" -> new ProgramCommand.Keep(String.join(" ", words));
            case "hold" -> {
                definition = definition.with(String.join(" ", words));
                yield new ProgramCommand.Hold(definition.spec());
            }
            case "rollback", "stay" -> {
                definition = definition.with(String.join(" ", words.subList(1, words.size())));
                yield new ProgramCommand.Apply(
                        definition.spec(),
                        what.equals("rollback"),
                        new OperatorOverride.Rollback(
                                Integer.parseInt(words.getFirst()), "ann", 0));
            }
            case "apply", "reset" -> {
                boolean roll = words.contains("roll");
                String settings =
                        String.join(" ", words.stream().filter(w -> w.contains("=")).toList());
                definition = definition.with(settings);
                yield what.equals("apply")
                        ? new ProgramCommand.Apply(definition.spec(), roll)
                        : new ProgramCommand.Reset(definition.spec(), roll);
            }
            case "scale" ->
                    words.getFirst().matches("[+-].*")
                            ? new ProgramCommand.ScaleBy(Integer.parseInt(words.getFirst()))
                            : new ProgramCommand.ScaleTo(Integer.parseInt(words.getFirst()));
            case "signal" ->
                    new ProgramCommand.SendSignal(
                            Signal.valueOf(words.getFirst()),
                            workers(scope(words.subList(1, words.size()))));
            default -> throw new IllegalArgumentException("no such event: " + what);
        };
    }

    private @Nullable Set<WorkerId> workers(@Nullable Set<Integer> slots) {
        if (slots == null) {
            return null;
        }
        Set<WorkerId> workers = new HashSet<>();
        slots.forEach(i -> program.slots().get(i).workers().forEach(w -> workers.add(w.id())));
        return workers;
    }

    /// `slots=0,2`; nothing is all of them.
    private static @Nullable Set<Integer> scope(List<String> words) {
        for (String word : words) {
            if (word.startsWith("slots=")) {
                Set<Integer> scope = new TreeSet<>();
                Arrays.stream(word.substring("slots=".length()).split(",", -1))
                        .forEach(slot -> scope.add(Integer.parseInt(slot)));
                return scope;
            }
        }
        return null;
    }

    private static @Nullable Signal first(List<String> words) {
        for (String word : words) {
            if (word.startsWith("first=")) {
                return Signal.valueOf(word.substring("first=".length()));
            }
        }
        return null;
    }

    private static org.einhyrningsins.spec.RolloutSpec.@Nullable Strategy strategy(
            List<String> words) {
        for (String word : words) {
            if (!word.contains("=")) {
                return Definition.strategy(word);
            }
        }
        return null;
    }

    private static WorkerId worker(String word) {
        String[] parts = word.split("#", 2);
        return new WorkerId(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
    }

    /// A status, or the name of a signal.
    private static WorkerExit exit(String word) {
        return Character.isDigit(word.charAt(0))
                ? new WorkerExit(Integer.parseInt(word), 0)
                : new WorkerExit(0, Signal.valueOf(word).number());
    }
}
