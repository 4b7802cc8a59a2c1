// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.Set;

/// Definition of one program: what to run, how often, on which sockets, and how to treat its
/// workers. What is in its groups can be asked of it directly.
///
/// @param name unique in the file; letters, digits, `_`, `-`, `.`
/// @param workers number of workers, 0 to 10,000
/// @param launch how a worker is started
/// @param bind the sockets
/// @param supervision how its workers are treated
/// @param found facts of the machine
public record ProgramSpec(
        String name,
        int workers,
        LaunchSpec launch,
        BindSpec bind,
        SupervisionSpec supervision,
        Findings found) {
    /// The first descriptor number a socket of `bind` reaches a worker under.
    public static final int FIRST_SOCKET_FD = 3;

    /// Makes a definition without an obstacle or a release.
    public ProgramSpec(
            String name,
            int workers,
            LaunchSpec launch,
            BindSpec bind,
            SupervisionSpec supervision) {
        this(name, workers, launch, bind, supervision, Findings.NONE);
    }

    /// The same program under another name.
    public ProgramSpec named(String other) {
        return new ProgramSpec(other, workers, launch, bind, supervision, found);
    }

    /// The same program with another number of workers.
    public ProgramSpec withWorkers(int count) {
        return new ProgramSpec(name, count, launch, bind, supervision, found);
    }

    /// The same program, started in another way.
    public ProgramSpec withLaunch(LaunchSpec other) {
        return new ProgramSpec(name, workers, other, bind, supervision, found);
    }

    /// The same program with other sockets.
    public ProgramSpec withSockets(List<SocketSpec> others) {
        return new ProgramSpec(name, workers, launch, bind.withSockets(others), supervision, found);
    }

    /// The same program that starts after others.
    public ProgramSpec startingAfter(List<String> others) {
        return startingAfter(new StartSpec(false, others));
    }

    /// The same program that starts after the dependencies of another definition, on their terms.
    public ProgramSpec startingAfter(StartSpec others) {
        return new ProgramSpec(
                name, workers, launch, bind, supervision.startingAfter(others), found);
    }

    /// The same program running another release.
    public ProgramSpec withRelease(@Nullable Release other) {
        return new ProgramSpec(
                name, workers, launch, bind, supervision, new Findings(found.obstacle(), other));
    }

    /// Returns a task of it as a program of its own, which is started for a rollout and ends.
    ///
    /// @param index of the task in its stage, counted from 0
    public ProgramSpec task(RolloutTasksSpec.Stage stage, int index) {
        TaskSpec task = supervision.tasks().of(stage).get(index);
        return new ProgramSpec(
                taskName(name, stage, index),
                1,
                launch.of(task),
                BindSpec.NONE,
                SupervisionSpec.of(new JobSpec(task.timeout(), 0, name, null)),
                found.ofAnotherCommand());
    }

    /// Returns all tasks of it as programs of their own.
    public List<ProgramSpec> tasks() {
        if (supervision.tasks().equals(RolloutTasksSpec.NONE)) {
            return List.of();
        }
        List<ProgramSpec> all = new ArrayList<>();
        for (RolloutTasksSpec.Stage stage : RolloutTasksSpec.Stage.values()) {
            for (int index = 0; index < supervision.tasks().of(stage).size(); index++) {
                all.add(task(stage, index));
            }
        }
        return all;
    }

    /// Returns the name of a task: `web.before`, `web.before-2` …
    public static String taskName(String program, RolloutTasksSpec.Stage stage, int index) {
        String name = program + '.' + stage.name().toLowerCase(Locale.ROOT);
        return index == 0 ? name : name + '-' + (index + 1);
    }

    /// Returns what makes it a job; null for a program that serves.
    public @Nullable JobSpec job() {
        return supervision.job();
    }

    /// Returns when it runs by itself; null for a program without a schedule.
    public @Nullable ScheduleSpec schedule() {
        return supervision.job() == null ? null : supervision.job().schedule();
    }

    /// True if only a command, its schedule, or a rollout starts it.
    public boolean startedByHand() {
        return supervision.start().manual();
    }

    /// True if it is a task of another program.
    public boolean isTask() {
        return taskOwner() != null;
    }

    /// Returns the name of the program whose task it is; null if it is none.
    public @Nullable String taskOwner() {
        return supervision.job() == null ? null : supervision.job().owner();
    }

    /// The same program as workers have it of which nobody knows how they were started: it is equal
    /// to no definition that a file can have, and nothing can be started of it.
    public ProgramSpec withUnknownSpawn() {
        return withLaunch(launch.withCommand(List.of()));
    }

    /// See [LaunchSpec#command()].
    public List<TextTemplate> command() {
        return launch.command();
    }

    /// See [LaunchSpec#directory()].
    public Path directory() {
        return launch.directory();
    }

    /// See [LaunchSpec#env()].
    public SequencedMap<String, TextTemplate> env() {
        return launch.env();
    }

    /// See [LaunchSpec#dropEnv()].
    public List<String> dropEnv() {
        return launch.dropEnv();
    }

    /// See [LaunchSpec#identity()].
    public ProcessIdentitySpec identity() {
        return launch.identity();
    }

    /// See [LaunchSpec#logs()].
    public LogsSpec logs() {
        return launch.logs();
    }

    /// See [LaunchSpec#managerLink()].
    public ManagerLinkSpec managerLink() {
        return launch.managerLink();
    }

    /// See [BindSpec#sockets()].
    public List<SocketSpec> sockets() {
        return bind.sockets();
    }

    /// See [BindSpec#stdin()].
    public @Nullable String stdin() {
        return bind.stdin();
    }

    /// See [BindSpec#protocols()].
    public Set<SocketProtocol> protocols() {
        return bind.protocols();
    }

    /// See [SupervisionSpec#ack()].
    public AckSpec ack() {
        return supervision.ack();
    }

    /// See [SupervisionSpec#stop()].
    public StopSpec stop() {
        return supervision.stop();
    }

    /// See [SupervisionSpec#restart()].
    public RestartSpec restart() {
        return supervision.restart();
    }

    /// See [SupervisionSpec#rollout()].
    public RolloutSpec rollout() {
        return supervision.rollout();
    }

    /// See [SupervisionSpec#monitoring()].
    public MonitoringSpec monitoring() {
        return supervision.monitoring();
    }

    /// See [StartSpec#after()].
    public List<String> after() {
        return supervision.start().after();
    }

    /// See [StartSpec#terms(String)].
    public StartSpec.Terms terms(String dependency) {
        return supervision.start().terms(dependency);
    }

    /// See [Findings#obstacle()].
    public @Nullable String obstacle() {
        return found.obstacle();
    }

    /// See [Findings#release()].
    public @Nullable Release release() {
        return found.release();
    }

    /// Returns the directory that its workers are started in.
    public Path workingDirectory() {
        Release release = release();
        return release == null ? directory() : release.directory();
    }

    /// Returns what a worker is started with. Two definitions that agree here need no new workers,
    /// since all else (worker count, stop, restart, rollout, ack, care, after, the accept queue and
    /// file of a socket) is the manager's business and changes in place. The watchdog's interval
    /// and the pipes for acks are part of it: a worker is told the one and given the others.
    public SpawnSettings spawnSettings() {
        AckSpec.Fd pipe = ack().mode() instanceof AckSpec.Fd fd ? fd : null;
        return new SpawnSettings(
                launch.fixed(), bind.fixed(), monitoring().watchdog(), pipe, readsOutput(), found);
    }

    /// True if connections wait for one worker alone: see [SocketSpec#ownQueue()].
    public boolean ownQueue() {
        for (SocketSpec socket : sockets()) {
            if (socket.ownQueue()) {
                return true;
            }
        }
        return false;
    }

    /// True if the program is a job: only the end of its workers shows that they did their work.
    /// Its workers are not to run again, have no sockets, and send no ack that would show earlier
    /// that they are up. `on-failure` is no job, since servers are supervised in that way too.
    public boolean endsByItself() {
        return supervision.job() != null
                || (restart().when() == RestartSpec.When.NEVER
                        && sockets().isEmpty()
                        && ack().mode() instanceof AckSpec.Timer);
    }

    /// True if the manager reads the workers' output for acks, so that output passes through the
    /// manager wherever it goes.
    public boolean readsOutput() {
        return ack().mode() instanceof AckSpec.Log;
    }

    /// Facts that were found on the machine when the definition was read.
    ///
    /// @param obstacle reason why no worker of it can be started, in words; null for none known. It
    ///   is what other users than the manager's did to a file of it, and so this program's trouble
    ///   alone
    /// @param release the release that its workers run; null if no path of it leads through a link
    public record Findings(@Nullable String obstacle, @Nullable Release release) {
        /// No obstacle and no release.
        public static final Findings NONE = new Findings(null, null);

        /// What holds for another command of the same program as well.
        Findings ofAnotherCommand() {
            return release == null || release.program() == null
                    ? this
                    : new Findings(
                            obstacle,
                            new Release(release.link(), release.path(), release.directory(), null));
        }
    }

    /// The part of a definition that a running worker cannot change: see [#spawnSettings()].
    ///
    /// @param watchdog interval that it was told; null for none
    /// @param ackPipe the pipe that it acknowledges on; null for none
    /// @param readsOutput true if the manager reads its output
    public record SpawnSettings(
            LaunchSpec launch,
            BindSpec bind,
            @Nullable Duration watchdog,
            AckSpec.@Nullable Fd ackPipe,
            boolean readsOutput,
            Findings found) {
        /// A number that stands for all of it, in hexadecimal: the same for what is equal, in every
        /// process, and another for what is not, unless by chance. A worker carries it, so that one
        /// of which nothing else is known can be told from one of another definition.
        public String sum() {
            return new SpawnFingerprint(this).text();
        }
    }
}
