// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketProtocol;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// The environment of workers: what the manager was started with, less what was meant for the
/// manager alone, plus what the program and the protocols say.
public final class WorkerEnvironment {
    /// Prefix of the launcher's own variables: see bin/einhyrningsins.
    private static final String OURS = "EINHYRNINGSINS_";

    private static final String SET = "EINHYRNINGSINS_SET";

    /// Variables by which an operator configures the launcher.
    private static final Set<String> FOR_THE_LAUNCHER =
            Set.of("EINHYRNINGSINS_JAVA_OPTS", "EINHYRNINGSINS_AOT", "EINHYRNINGSINS_BUILD");

    private static final String ORIGINAL = "EINHYRNINGSINS_ORIG_";

    /// Spoken to us by whoever started us, or by us to workers; never passed on.
    private static final List<String> PREFIXES =
            List.of(
                    OURS,
                    "LISTEN_",
                    "EINHORN_",
                    "WATCHDOG_",
                    "SERVER_STARTER_",
                    "PUMA_INHERIT_",
                    "NOTIFY_SOCKET",
                    "FDSTORE");

    /// The same by their whole names: those that begin so are nobody's protocol.
    private static final Set<String> NAMES = Set.of("NGINX", "UNICORN_FD", "FPM_SOCKETS");

    /// Variables that the manager has consumed; to its successor the numbers mean nothing.
    private static final Set<String> TAKEN =
            Set.of("LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "LISTEN_PIDFDID");

    /// Variables that name the user.
    private static final List<String> USERS_OWN = List.of("USER", "LOGNAME", "SHELL");

    private WorkerEnvironment() {}

    /// Returns the variables that workers inherit.
    ///
    /// @param own the manager's environment
    public static SequencedMap<String, String> inherited(Map<String, String> own) {
        SequencedMap<String, String> inherited = new LinkedHashMap<>();
        List<String> set = List.of(own.getOrDefault(SET, "").split(" "));
        own.forEach(
                (name, value) -> {
                    if (name.startsWith(ORIGINAL)) {
                        inherited.put(name.substring(ORIGINAL.length()), value);
                    } else if (!set.contains(name) && !isOwnVariable(name)) {
                        inherited.put(name, value);
                    }
                });
        return inherited;
    }

    /// Returns the variables that workers of another user inherit: HOME, USER, LOGNAME and SHELL
    /// are that user's, as login sets them. One that nobody knows has a home all the same, and no
    /// name.
    ///
    /// @param user null if the database of users has none of that number
    static SequencedMap<String, String> of(
            Map<String, String> inherited, Accounts.@Nullable Account user) {
        SequencedMap<String, String> its = new LinkedHashMap<>(inherited);
        its.put("HOME", user == null || user.home().isEmpty() ? "/" : user.home());
        if (user == null) {
            USERS_OWN.forEach(its::remove);
        } else {
            its.put("USER", user.name());
            its.put("LOGNAME", user.name());
            its.put("SHELL", user.shell().isEmpty() ? "/bin/sh" : user.shell());
        }
        return its;
    }

    /// Returns the environment that the manager was started with, before the launcher changed it:
    /// for the launcher of the next one.
    ///
    /// @param own the manager's environment
    public static SequencedMap<String, String> original(Map<String, String> own) {
        SequencedMap<String, String> original = new LinkedHashMap<>();
        List<String> set = List.of(own.getOrDefault(SET, "").split(" "));
        own.forEach(
                (name, value) -> {
                    if (name.startsWith(ORIGINAL)) {
                        original.put(name.substring(ORIGINAL.length()), value);
                    } else if (FOR_THE_LAUNCHER.contains(name)
                            || !(set.contains(name)
                                    || name.startsWith(OURS)
                                    || TAKEN.contains(name))) {
                        original.put(name, value);
                    }
                });
        return original;
    }

    private static boolean isOwnVariable(String name) {
        for (String prefix : PREFIXES) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return NAMES.contains(name);
    }

    /// Adds the variables of the socket protocols: einhorn's, systemd's and Server::Starter's, and
    /// those on request.
    ///
    /// @param into the worker's environment
    /// @param sockets of the program's definition, bound, in its order
    static void announce(
            Map<String, String> into, ProgramSpec spec, List<BoundSocket> sockets, int generation) {
        int first = ProgramSpec.FIRST_SOCKET_FD;
        List<String> names = new ArrayList<>();
        List<String> starter = new ArrayList<>();
        for (int i = 0; i < sockets.size(); i++) {
            SocketSpec socket = spec.sockets().get(i);
            into.put("EINHORN_FD_" + i, Integer.toString(first + i));
            into.put("EINHORN_FD_FAMILY_" + i, family(socket.address()));
            names.add(socket.name());
            starter.add(starterAddress(socket.address(), sockets.get(i)) + "=" + (first + i));
        }
        into.put("EINHORN_FD_COUNT", Integer.toString(sockets.size()));
        into.put("EINHORN_MASTER_PID", Integer.toString(Processes.self()));
        if (!sockets.isEmpty()) {
            into.put("LISTEN_FDS", Integer.toString(sockets.size()));
            into.put("LISTEN_FDNAMES", String.join(":", names));
            into.put("SERVER_STARTER_PORT", String.join(";", starter));
            into.put("SERVER_STARTER_GENERATION", Integer.toString(generation));
            for (SocketProtocol socketProtocol : spec.protocols()) {
                onRequest(socketProtocol, into, spec, sockets);
            }
        }
    }

    /// The variables by which servers hand their sockets to their own successors.
    private static void onRequest(
            SocketProtocol socketProtocol,
            Map<String, String> into,
            ProgramSpec spec,
            List<BoundSocket> sockets) {
        switch (socketProtocol) {
            case NGINX -> into.put("NGINX", numbers(sockets.size(), ";") + ";");
            case UNICORN -> into.put("UNICORN_FD", numbers(sockets.size(), ","));
            case PHP_FPM -> into.put("FPM_SOCKETS", fpm(spec, sockets));
            case PUMA -> {
                for (int i = 0; i < sockets.size(); i++) {
                    String url = pumaUrl(spec.sockets().get(i).address(), sockets.get(i));
                    into.put("PUMA_INHERIT_" + i, (ProgramSpec.FIRST_SOCKET_FD + i) + ":" + url);
                }
            }
            case EINHORN, LISTEN_FDS, SERVER_STARTER, FD0 -> {}
        }
    }

    private static String numbers(int count, String separator) {
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(Integer.toString(ProgramSpec.FIRST_SOCKET_FD + i));
        }
        return String.join(separator, numbers);
    }

    /// Returns the descriptors by address, as Server::Starter has it, but with commas between them.
    private static String fpm(ProgramSpec spec, List<BoundSocket> sockets) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < sockets.size(); i++) {
            String address = starterAddress(spec.sockets().get(i).address(), sockets.get(i));
            pairs.add(address + "=" + (ProgramSpec.FIRST_SOCKET_FD + i));
        }
        return String.join(",", pairs);
    }

    /// Returns the URL of a socket as `bind` in Puma's own configuration has it.
    private static String pumaUrl(SocketSpec.Address address, BoundSocket boundSocket) {
        return switch (address) {
            case SocketSpec.Tcp ignored -> "tcp://" + boundSocket.address();
            case SocketSpec.Udp ignored -> "udp://" + boundSocket.address();
            case SocketSpec.UnixPath unix -> "unix://" + unix.path();
            case SocketSpec.UnixAbstract unix -> "unix://@" + unix.name();
        };
    }

    private static String family(SocketSpec.Address address) {
        return switch (address) {
            case SocketSpec.Tcp tcp -> inet(tcp.host());
            case SocketSpec.Udp udp -> inet(udp.host());
            case SocketSpec.UnixPath ignored -> "AF_UNIX";
            case SocketSpec.UnixAbstract ignored -> "AF_UNIX";
        };
    }

    private static String inet(java.net.InetAddress host) {
        return host instanceof java.net.Inet6Address ? "AF_INET6" : "AF_INET";
    }

    /// Returns the address as Server::Starter writes it: paths as they are, UDP like TCP.
    private static String starterAddress(SocketSpec.Address address, BoundSocket boundSocket) {
        return switch (address) {
            case SocketSpec.Tcp ignored -> boundSocket.address();
            case SocketSpec.Udp ignored -> boundSocket.address();
            case SocketSpec.UnixPath unix -> unix.path().toString();
            case SocketSpec.UnixAbstract unix -> "@" + unix.name();
        };
    }
}
