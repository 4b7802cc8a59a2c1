// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.einhyrningsins.spec.AckSpec.Target;

import java.time.Duration;

/// How workers that are up are asked whether they are well.
///
/// @param every the time from one answer to the next question, positive
/// @param timeout what is not answered by then has failed, positive
/// @param failures so many in a row are an illness, 1 to 1,000
public record HealthSpec(Target target, Duration every, Duration timeout, int failures) {
    /// Between two checks.
    public static final Duration EVERY = Duration.ofSeconds(5);

    /// For each of them.
    public static final Duration TIMEOUT = Duration.ofSeconds(1);

    /// In a row.
    public static final int FAILURES = 3;

    /// Who may be the one that answers.
    public Reach reach() {
        return switch (target) {
            case AckSpec.ExecTarget ignored -> Reach.WORKER;
            case AckSpec.TcpTarget tcp -> reach(tcp.endpoint());
            case AckSpec.HttpTarget http -> reach(http.endpoint());
        };
    }

    private static Reach reach(AckSpec.Endpoint endpoint) {
        return switch (endpoint) {
            case AckSpec.OwnSocket ignored -> Reach.PROGRAM;
            case AckSpec.Fixed fixed -> fixed.port().constant() ? Reach.PROGRAM : Reach.SLOT;
        };
    }

    /// Who may be the one that answers: an answer tells something about a worker only if nobody
    /// else can have given it.
    public enum Reach {
        /// That worker: a command is told its pid.
        WORKER,
        /// Any worker of its slot: the port is the slot's.
        SLOT,
        /// Any worker of the program: they share the socket.
        PROGRAM
    }
}
