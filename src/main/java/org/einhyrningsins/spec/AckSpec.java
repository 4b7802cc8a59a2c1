// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/// Definition of how a worker acknowledges that it is up, and of its time limit.
///
/// @param timeout time limit of the ack: a worker that is not up by then is stopped and counts as a
///   failed start; for [Timer] the time within which its program must be executed
public record AckSpec(Mode mode, Duration timeout) {
    /// The default: alive for a second.
    public static final AckSpec DEFAULT =
            new AckSpec(new Timer(Duration.ofSeconds(1)), Duration.ofSeconds(30));

    /// The ack of a job, which counts as running from its start.
    public static final AckSpec AT_ONCE =
            new AckSpec(new Timer(Duration.ZERO), Duration.ofSeconds(30));

    /// Signs that count as an ack.
    public sealed interface Mode {}

    /// The worker writes `{"command":"worker:ack","pid":PID}` to EINHORN_SOCK_PATH.
    public record Manual() implements Mode {}

    /// The worker has been alive that long.
    public record Timer(Duration after) implements Mode {}

    /// The worker sends READY=1 to NOTIFY_SOCKET.
    public record Notify() implements Mode {}

    /// The manager asks, every so often, until it is answered.
    public record Probe(Target target, Duration every) implements Mode {}

    /// The worker writes a newline to a pipe that it was started with, as s6 has it.
    ///
    /// @param number of its descriptor; null for the first after the sockets
    public record Fd(@Nullable Integer number) implements Mode {}

    /// The worker writes a line in which the expression is found, to its standard output or error.
    ///
    /// @param match as [java.util.regex.Pattern] has it; need not match all of the line
    public record Log(String match) implements Mode {}

    /// Target of a probe.
    public sealed interface Target {}

    /// Target at an endpoint.
    public sealed interface SocketTarget extends Target {
        /// Returns the endpoint that the probe connects to.
        Endpoint endpoint();
    }

    /// TCP probe: up when a connection is accepted.
    public record TcpTarget(Endpoint endpoint) implements SocketTarget {}

    /// HTTP probe: up when a GET of the path is answered with a status from 200 to 399.
    ///
    /// @param host the Host header
    /// @param path with its leading slash
    public record HttpTarget(Endpoint endpoint, String host, String path) implements SocketTarget {}

    /// Command probe: up when a command ends with exit status 0. It runs as the worker's user, in
    /// its directory, with its environment and `MAINPID`, the worker's pid.
    public record ExecTarget(List<TextTemplate> command) implements Target {
        public ExecTarget {
            command = List.copyOf(command);
        }
    }

    /// Endpoint that a probe connects to.
    public sealed interface Endpoint {}

    /// A socket of the program's own `bind`. While older workers share it, they may answer too: a
    /// program that is probed this way should have a private port per slot, or another ack mode.
    public record OwnSocket(String name) implements Endpoint {}

    /// A fixed host and a port; the port may hold `${slot}`, as in `91${slot}`: a port of its own
    /// for each worker.
    public record Fixed(InetAddress host, TextTemplate port) implements Endpoint {}
}
