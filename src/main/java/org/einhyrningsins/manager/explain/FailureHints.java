// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.explain;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.CanaryState;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.FactTimes;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.posix.process.PortHolder;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.JobSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Advice for the situations that [Explainer] finds, and words for what is waited for.
final class FailureHints {
    private static final Pattern PORT = Pattern.compile("(?::|port\\D{0,3})(\\d{2,5})\\b");
    private static final int SHELL_SIGNALS = 128;
    private static final Duration FRESH = Duration.ofSeconds(10);

    private FailureHints() {}

    static String of(Explainer.Case known, ProgramTable programs) {
        if (failedByTask(known.program())) {
            return ofTask(known.program().name(), programs);
        }
        Fact failure = known.failure();
        if (failure == null) {
            return "";
        }
        return switch (failure.kind()) {
            case EXITED -> exited(known, failure, programs);
            case ACK_MISSED -> ackMissed(known);
            case SPAWN_FAILED -> spawnFailed(known, failure);
            case HUNG -> "a worker with a watchdog has to send WATCHDOG=1 in time; see its log";
            case UNHEALTHY -> "ask what the health check asks, by hand";
            case SUSPENDED -> "'signal CONT " + failure.subject() + "' lets it go on";
            default -> "";
        };
    }

    /// True if the newest version failed, and none of its workers is to blame: a task before its
    /// rollout failed.
    static boolean failedByTask(Program program) {
        VersionFailure setback = program.setback();
        return setback != null && !setback.rolled() && setback.blame() == null;
    }

    private static String ofTask(String owner, ProgramTable programs) {
        for (ProgramHost host : programs.all()) {
            JobSpec job = host.program().newest().job();
            boolean its = job != null && owner.equals(job.owner());
            if (its && host.program().slots().stream().anyMatch(Slot::endedBadly)) {
                return "'explain " + host.name() + "' has the last lines of the task";
            }
        }
        return "";
    }

    private static String exited(Explainer.Case known, Fact failure, ProgramTable programs) {
        if (!failure.detail("oom").isEmpty()) {
            return "the kernel killed it as memory ran out: find what needs so much, or raise"
                    + " cgroup.memory-max";
        }
        if (!failure.detail("signal").isEmpty()) {
            return SignalHints.of(known.facts(), failure, limits(known));
        }
        return switch (failure.detail("code")) {
            case "126" ->
                    "126: a file that it was to run is not executable, or its interpreter is"
                            + " missing";
            case "127" -> "127: a command was not found: see PATH, and the path of the command";
            default -> {
                String said = fromLastLines(known.lines(), programs);
                yield said.isEmpty() ? ofShell(known, failure) : said;
            }
        };
    }

    private static Map<Resource, Limit> limits(Explainer.Case known) {
        return known.program().newest().identity().limits();
    }

    /// Advice for an exit status by which a shell tells of a signal.
    private static String ofShell(Explainer.Case known, Fact failure) {
        String code = failure.detail("code");
        int number = code.isEmpty() ? 0 : Integer.parseInt(code) - SHELL_SIGNALS;
        String signal = number <= 0 ? "" : new WorkerExit(0, number).signalName();
        return signal.startsWith("SIG")
                ? code
                        + " is how a shell tells that what it ran was killed by "
                        + signal
                        + ": "
                        + SignalHints.of(signal, false, limits(known))
                : "";
    }

    /// Advice for what its last lines say by themselves: words of the C library.
    private static String fromLastLines(String words, ProgramTable programs) {
        String lines = words.toLowerCase(Locale.ROOT);
        if (lines.contains("address already in use") || lines.contains("eaddrinuse")) {
            return port(words, programs);
        }
        if (lines.contains("no space left on device")) {
            return "a disk is full: see df -h and df -i";
        }
        if (lines.contains("too many open files")) {
            return "it has too many files open: raise limits.nofile";
        }
        if (lines.contains("permission denied")) {
            return "it may not do what it tried: see the user of the program, and its sandbox";
        }
        return "";
    }

    /// Names the process that has the port that its last lines are about.
    private static String port(String lines, ProgramTable programs) {
        for (String line : lines.split("\n", -1)) {
            Matcher matcher = PORT.matcher(line);
            while (matcher.find()) {
                int port = Integer.parseInt(matcher.group(1));
                Seen seen = port > 65_535 ? null : look(port);
                if (seen == null && port <= 65_535) {
                    return "port "
                            + port
                            + " is taken; 'explain' once more says by whom, or ss -lptn";
                }
                if (seen != null && seen.holder() != null) {
                    return holder(port, seen.holder(), programs);
                }
            }
        }
        return "an address that it binds is taken: see ss -lptn; let the manager bind it ('bind')";
    }

    /// The last look for the holder of a port.
    private record Seen(int port, @Nullable PortHolder holder, Moment at) {}

    private static volatile @Nullable Seen lastSeen;

    /// Looks for the holder of a port at every process, beside the loop. What takes longer than the
    /// loop waits is there for those who ask once more.
    private static @Nullable Seen look(int port) {
        Seen last = lastSeen;
        if (last != null
                && last.port() == port
                && last.at().plus(FRESH).reached(FactTimes.moment())) {
            last = null;
        }
        if (last != null && last.port() == port) {
            return last;
        }
        return ProcReader.ask(
                        FailureHints.class,
                        () -> {
                            Seen seen = new Seen(port, PortHolder.ofTcp(port), FactTimes.moment());
                            lastSeen = seen;
                            return seen;
                        })
                .answer();
    }

    private static String holder(int port, PortHolder holder, ProgramTable programs) {
        String who = holder.command() + " (pid " + holder.pid() + ")";
        for (ProgramHost host : programs.everyHost()) {
            if (host.workforce().owns(holder.pid())) {
                who += ", a worker of " + host.name();
            }
        }
        return "port " + port + " is held by " + who;
    }

    private static String spawnFailed(Explainer.Case known, Fact failure) {
        List<TextTemplate> command = known.program().newest().command();
        if (command.isEmpty() || !failure.message().contains("interpreter")) {
            return "";
        }
        String file = command.getFirst().toString();
        Optional<String> line =
                ProcReader.ask(
                                "interpreter",
                                () -> Optional.ofNullable(PortHolder.interpreterLine(file)))
                        .answer();
        return line == null || line.isEmpty()
                ? ""
                : "its first line is '"
                        + line.get().replace("\r", "\\r")
                        + "'"
                        + (line.get().endsWith("\r")
                                ? "; the \\r is of a file with line ends of Windows: remove it"
                                : "");
    }

    private static String ackMissed(Explainer.Case known) {
        Fact note = known.last(FactKind.NOTE);
        String heard =
                note != null && note.message().startsWith("refused")
                        ? "; its last message: " + note.message()
                        : "";
        return "it was to be up by "
                + mode(known.program())
                + ", and was not"
                + heard
                + "; a slow start needs a longer ack.timeout";
    }

    private static String mode(Program program) {
        return switch (program.newest().ack().mode()) {
            case AckSpec.Manual ignored -> "an ack at EINHORN_SOCK_PATH (ack: manual)";
            case AckSpec.Timer ignored -> "living for a time (ack: timer)";
            case AckSpec.Notify ignored -> "READY=1 at NOTIFY_SOCKET (ack: notify)";
            case AckSpec.Probe ignored -> "an answer to its probe (ack: probe)";
            case AckSpec.Fd ignored -> "a newline at a descriptor (ack: fd)";
            case AckSpec.Log log -> "a line with '" + log.match() + "' (ack: log)";
        };
    }

    /// Describes the ack that is awaited until a worker is up.
    static String awaited(Program program) {
        Moment now = FactTimes.moment();
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                if (worker.state() instanceof WorkerState.Starting starting) {
                    String left =
                            starting.deadline().reached(now)
                                    ? ""
                                    : ", for another "
                                            + DurationText.of(starting.deadline().since(now));
                    return "worker " + slot.index() + " starts: waits for " + mode(program) + left;
                }
            }
        }
        return "";
    }

    /// Describes the next step of a rollout.
    static String rolls(Program program) {
        Rollout rollout = program.rollout();
        if (rollout == null) {
            return "";
        }
        if (rollout.canary() instanceof CanaryState.Watched watched) {
            return watched.until() == null
                    ? "waits for 'promote " + program.name() + "' or 'abort " + program.name() + "'"
                    : "goes on with the others if the canary stays well; 'promote' does it now";
        }
        String trial = program.firstWorkerTrial(FactTimes.moment());
        return trial == null ? awaited(program) : trial;
    }
}
