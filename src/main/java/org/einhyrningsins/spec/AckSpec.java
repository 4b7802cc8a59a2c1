// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.net.InetAddress;
import java.time.Duration;

/// How a worker is known to be up, and how long that may take.
///
/// @param timeout a worker that is not up by then is stopped and counts as a failed start; for
///   [Timer] it has no meaning
public record AckSpec(Mode mode, Duration timeout) {
    /// The default: alive for a second.
    public static final AckSpec DEFAULT =
            new AckSpec(new Timer(Duration.ofSeconds(1)), Duration.ofSeconds(30));

    /// What counts as being up.
    public sealed interface Mode {}

    /// The worker writes `{"command":"worker:ack","pid":PID}` to EINHORN_SOCK_PATH.
    public record Manual() implements Mode {}

    /// The worker has been alive that long.
    public record Timer(Duration after) implements Mode {}

    /// The worker sends READY=1 to NOTIFY_SOCKET.
    public record Notify() implements Mode {}

    /// The manager asks, every so often, until it is answered.
    public record Probe(Target target, Duration every) implements Mode {}

    /// Whom a probe asks.
    public sealed interface Target {
        /// What is connected to.
        Endpoint endpoint();
    }

    /// Up when a connection is accepted.
    public record TcpTarget(Endpoint endpoint) implements Target {}

    /// Up when a GET of the path is answered with a status from 200 to 399.
    ///
    /// @param host the Host header
    /// @param path with its leading slash
    public record HttpTarget(Endpoint endpoint, String host, String path) implements Target {}

    /// Where a probe connects.
    public sealed interface Endpoint {}

    /// A socket of the program's own `bind`. While older workers share it, they may answer too: a
    /// program that is probed this way should have a private port per slot, or another ack mode.
    public record OwnSocket(String name) implements Endpoint {}

    /// A fixed host and a port; the port may hold `${slot}`, as in `91${slot}`: a port of its own
    /// for each worker.
    public record Fixed(InetAddress host, Template port) implements Endpoint {}
}
