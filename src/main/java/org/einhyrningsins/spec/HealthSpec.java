// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.einhyrningsins.spec.AckSpec.Target;

import java.time.Duration;

/// Definition of a periodic health check of workers that are up.
///
/// @param every time from one answer to the next check, positive
/// @param timeout time limit of one check, positive; a check without an answer by then has failed
/// @param failures number of failures in a row that make a worker unhealthy, 1 to 1,000
public record HealthSpec(Target target, Duration every, Duration timeout, int failures) {
    /// Default time between two checks.
    public static final Duration EVERY = Duration.ofSeconds(5);

    /// For each of them.
    public static final Duration TIMEOUT = Duration.ofSeconds(1);

    /// Default number of failures in a row.
    public static final int FAILURES = 3;

    /// Returns the set of processes that may have answered the check.
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

    /// Set of processes that may have answered a check: an answer says something about a worker
    /// only if no other can have given it.
    public enum Reach {
        /// The worker alone: a command is told its pid.
        WORKER,
        /// Any worker of its slot: the port is the slot's.
        SLOT,
        /// Any worker of the program: they share the socket.
        PROGRAM
    }
}
