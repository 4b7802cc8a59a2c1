// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Definition of one program: what to run, how often, on which sockets, and how to treat its
/// workers.
///
/// @param name unique in the file; letters, digits, `_`, `-`, `.`
/// @param command program and arguments, at least one; exec'ed as they are, never given to a shell
/// @param directory working directory, absolute
/// @param env variables to set, after `env-file`, in order; they win over the inherited ones
/// @param dropEnv names of inherited variables that workers must not see
/// @param identity user, group, umask, nice and limits
/// @param workers number of workers, 0 to 10,000
/// @param sockets in the order in which workers get them, from descriptor 3 up
/// @param stdin the name of the socket that is also descriptor 0; null for /dev/null
/// @param protocols socket protocols on request, beyond the ones that are always there
/// @param ack how a worker acknowledges that it is up
/// @param stop the stop sequence
/// @param restart the restart policy
/// @param rollout the rollout policy
/// @param logs destination of descriptors 1 and 2
/// @param bond link between workers and the manager
/// @param care monitoring of workers that are up
/// @param after the programs that are up before it starts, and are stopped after it; in the order
///   of the file
/// @param obstacle reason why no worker of it can be started, in words; null for none known. It is
///   what other users than the manager's did to a file of it, and so this program's trouble alone
/// @param release the release that its workers run; null if no path of it leads through a link
public record ProgramSpec(
        String name,
        List<TextTemplate> command,
        Path directory,
        SequencedMap<String, TextTemplate> env,
        List<String> dropEnv,
        ProcessIdentitySpec identity,
        int workers,
        List<SocketSpec> sockets,
        @Nullable String stdin,
        Set<SocketProtocol> protocols,
        AckSpec ack,
        StopSpec stop,
        RestartSpec restart,
        RolloutSpec rollout,
        LogsSpec logs,
        ManagerLinkSpec bond,
        MonitoringSpec care,
        List<String> after,
        @Nullable String obstacle,
        @Nullable Release release) {
    public ProgramSpec {
        command = List.copyOf(command);
        env = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(env));
        dropEnv = List.copyOf(dropEnv);
        sockets = List.copyOf(sockets);
        protocols = Set.copyOf(protocols);
        after = List.copyOf(after);
    }

    /// Makes a definition without an obstacle or a release.
    public ProgramSpec(
            String name,
            List<TextTemplate> command,
            Path directory,
            SequencedMap<String, TextTemplate> env,
            List<String> dropEnv,
            ProcessIdentitySpec identity,
            int workers,
            List<SocketSpec> sockets,
            @Nullable String stdin,
            Set<SocketProtocol> protocols,
            AckSpec ack,
            StopSpec stop,
            RestartSpec restart,
            RolloutSpec rollout,
            LogsSpec logs,
            ManagerLinkSpec bond,
            MonitoringSpec care,
            List<String> after) {
        this(
                name, command, directory, env, dropEnv, identity, workers, sockets, stdin,
                protocols, ack, stop, restart, rollout, logs, bond, care, after, null, null);
    }

    /// The first descriptor number a socket of `bind` reaches a worker under.
    public static final int FIRST_SOCKET_FD = 3;

    /// The same program under another name.
    public ProgramSpec named(String other) {
        return new ProgramSpec(
                other, command, directory, env, dropEnv, identity, workers, sockets, stdin,
                protocols, ack, stop, restart, rollout, logs, bond, care, after, obstacle, release);
    }

    /// The same program with another number of workers.
    public ProgramSpec withWorkers(int count) {
        return new ProgramSpec(
                name, command, directory, env, dropEnv, identity, count, sockets, stdin, protocols,
                ack, stop, restart, rollout, logs, bond, care, after, obstacle, release);
    }

    /// The same program that starts after others.
    public ProgramSpec startingAfter(List<String> others) {
        return new ProgramSpec(
                name, command, directory, env, dropEnv, identity, workers, sockets, stdin,
                protocols, ack, stop, restart, rollout, logs, bond, care, others, obstacle,
                release);
    }

    /// The same program with other sockets.
    public ProgramSpec withSockets(List<SocketSpec> others) {
        return new ProgramSpec(
                name, command, directory, env, dropEnv, identity, workers, others, stdin, protocols,
                ack, stop, restart, rollout, logs, bond, care, after, obstacle, release);
    }

    /// The same program running another release.
    public ProgramSpec withRelease(@Nullable Release other) {
        return new ProgramSpec(
                name, command, directory, env, dropEnv, identity, workers, sockets, stdin,
                protocols, ack, stop, restart, rollout, logs, bond, care, after, obstacle, other);
    }

    /// Returns the directory that its workers are started in.
    public Path workingDirectory() {
        return release == null ? directory : release.directory();
    }

    /// The same program as workers have it of which nobody knows how they were born: it is equal to
    /// no definition that a file can have, and nothing can be started of it.
    public ProgramSpec ofUnknownBirth() {
        return new ProgramSpec(
                name, List.of(), directory, env, dropEnv, identity, workers, sockets, stdin,
                protocols, ack, stop, restart, rollout, logs, bond, care, after, obstacle, release);
    }

    /// Returns what a worker is started with. Two definitions that agree here need no new workers,
    /// since all else (worker count, stop, restart, rollout, ack, care, after, the accept queue and
    /// file of a socket) is the manager's business and changes in place. The watchdog's interval
    /// and the pipes for acks are part of it: a worker is told the one and given the others.
    public Birth birth() {
        return new Birth(
                command,
                directory,
                env,
                dropEnv,
                identity,
                sockets.stream().map(SocketSpec::asInherited).toList(),
                stdin,
                protocols,
                logs.birth(),
                bond,
                care.watchdog(),
                ack.mode() instanceof AckSpec.Fd fd ? fd : null,
                heard(),
                new Findings(obstacle, release));
    }

    /// True if connections wait for one worker alone: see [SocketSpec#ownQueue()].
    public boolean ownQueue() {
        for (SocketSpec socket : sockets) {
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
        return restart.when() == RestartSpec.When.NEVER
                && sockets.isEmpty()
                && ack.mode() instanceof AckSpec.Timer;
    }

    /// True if the manager reads the workers' output for acks, so that output passes through the
    /// manager wherever it goes.
    public boolean heard() {
        return ack.mode() instanceof AckSpec.Log;
    }

    /// Facts that were found on the machine when the definition was read.
    ///
    /// @param obstacle reason why no worker can be started; null for none known
    /// @param release the release; null for none
    public record Findings(@Nullable String obstacle, @Nullable Release release) {}

    /// The part of a definition that a running worker cannot change: see [#birth()].
    public record Birth(
            List<TextTemplate> command,
            Path directory,
            Map<String, TextTemplate> env,
            List<String> dropEnv,
            ProcessIdentitySpec identity,
            List<SocketSpec> sockets,
            @Nullable String stdin,
            Set<SocketProtocol> protocols,
            LogsSpec logs,
            ManagerLinkSpec bond,
            @Nullable Duration watchdog,
            AckSpec.@Nullable Fd ackPipe,
            boolean heard,
            Findings found) {
        /// A number that stands for all of it, in hexadecimal: the same for what is equal, in every
        /// process, and another for what is not, unless by chance. A worker carries it, so that one
        /// of which nothing else is known can be told from one of another definition.
        public String sum() {
            return new SpawnFingerprint(this).text();
        }
    }
}
