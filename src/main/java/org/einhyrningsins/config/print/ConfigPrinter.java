// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.config.read.RolloutReader;
import org.einhyrningsins.config.read.SchedulingReader;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.CpuList;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.OnManagerDeath;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.AckSpec.Endpoint;
import org.einhyrningsins.spec.AckSpec.ExecTarget;
import org.einhyrningsins.spec.AckSpec.Fixed;
import org.einhyrningsins.spec.AckSpec.HttpTarget;
import org.einhyrningsins.spec.AckSpec.OwnSocket;
import org.einhyrningsins.spec.AckSpec.TcpTarget;
import org.einhyrningsins.spec.CanarySpec;
import org.einhyrningsins.spec.Capability;
import org.einhyrningsins.spec.CgroupSpec;
import org.einhyrningsins.spec.ConfinementSpec;
import org.einhyrningsins.spec.DirectorySpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.ProcessIdentitySpec;
import org.einhyrningsins.spec.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.ProcessIdentitySpec.Resource;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RestartSpec.Backoff;
import org.einhyrningsins.spec.RestartSpec.GiveUp;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.SandboxSpec;
import org.einhyrningsins.spec.SchedulingSpec;
import org.einhyrningsins.spec.SchedulingSpec.IoClass;
import org.einhyrningsins.spec.SocketProtocol;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Tcp;
import org.einhyrningsins.spec.SocketSpec.Udp;
import org.einhyrningsins.spec.SocketSpec.UnixAbstract;
import org.einhyrningsins.spec.SocketSpec.UnixPath;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.reader.StreamReader;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Writes the effective configuration, defaults and all, as a file that means the same: loaded
/// again it gives an equal value. Variables and included files are resolved in it.
public final class ConfigPrinter {
    private final StringBuilder out = new StringBuilder();

    private final Map<String, String> origins;
    private String program = "";

    private ConfigPrinter(Map<String, String> origins) {
        this.origins = origins;
    }

    /// The text of a whole file.
    public static String print(ServicesSpec services) {
        return print(services, Map.of());
    }

    /// The same with a comment behind each key of a program that was given somewhere; the others
    /// have their default.
    ///
    /// @param origins comments to write, for each `PROGRAM.KEY`
    public static String print(ServicesSpec services, Map<String, String> origins) {
        ConfigPrinter configPrinter = new ConfigPrinter(origins);
        configPrinter.own(services);
        configPrinter.out.append("programs:");
        if (services.programs().isEmpty()) {
            configPrinter.out.append(" {}");
        }
        configPrinter.out.append('\n');
        for (ProgramSpec program : services.programs().values()) {
            configPrinter.program(program);
        }
        return configPrinter.out.toString();
    }

    /// The text of what is no program's, as it stands in that file.
    static String printOwn(ServicesSpec services) {
        ConfigPrinter configPrinter = new ConfigPrinter(Map.of());
        configPrinter.own(services);
        return configPrinter.out.toString();
    }

    /// The text of one program, as it stands in that file.
    static String print(ProgramSpec program) {
        ConfigPrinter configPrinter = new ConfigPrinter(Map.of());
        configPrinter.program(program);
        return configPrinter.out.toString();
    }

    private void own(ServicesSpec services) {
        control(services.control());
        log(services.log());
        if (services.stateDirectory() != null) {
            line(0, "state-dir: " + quoted(services.stateDirectory().toString()));
        }
        http(services.http());
    }

    private void control(ControlSpec control) {
        line(0, "control:");
        if (control.socket() != null) {
            line(2, "socket: " + quoted(control.socket().toString()));
        }
        line(2, "mode: " + octal(control.mode()));
        AllowSpec allow = control.allow();
        if (allow != null) {
            line(2, "allow:");
            line(4, "admin: " + whos(allow.admin()));
            line(4, "read: " + whos(allow.read()));
        }
        if (control.keeper()) {
            line(2, "keeper: true");
        }
    }

    private static String whos(List<AllowSpec.Who> whos) {
        StringBuilder list = new StringBuilder("[");
        for (AllowSpec.Who who : whos) {
            list.append(list.length() == 1 ? "" : ", ").append(quoted(who.toString()));
        }
        return list.append(']').toString();
    }

    private void log(LogSpec log) {
        line(0, "log:");
        line(2, "level: " + ConfigShape.word(log.level()));
        line(2, "format: " + ConfigShape.word(log.format()));
        if (log.syslog()) {
            line(2, "syslog: true");
        }
    }

    private void http(@Nullable HttpSpec http) {
        if (http == null) {
            return;
        }
        SocketSpec socket = http.socket();
        StringBuilder map = new StringBuilder("{");
        switch (socket.address()) {
            case Tcp tcp -> map.append("tcp: ").append(quoted(tcp.toString()));
            case UnixPath unix -> map.append("unix: ").append(quoted(unix.path().toString()));
            case UnixAbstract unix -> map.append("unix: ").append(quoted("@" + unix.name()));
            case Udp udp -> throw new IllegalStateException("HTTP over " + udp);
        }
        if (socket.ipv6Only()) {
            map.append(", ipv6-only: true");
        }
        file(socket.file(), map);
        line(0, "http:");
        line(2, "bind: " + map + "}");
        if (!http.hosts().isEmpty()) {
            List<String> hosts = http.hosts().stream().map(ConfigPrinter::quoted).toList();
            line(2, "allowed-hosts: [" + String.join(", ", hosts) + "]");
        }
    }

    private void program(ProgramSpec program) {
        this.program = program.name();
        line(2, quoted(program.name()) + ":");
        line(4, "command: " + list(program.command()));
        line(4, "directory: " + quoted(program.directory().toString()));
        env(program);
        identity(program.identity());
        confinement(program.identity().confinement());
        cgroup(program.identity().confinement().cgroup(), program.care().together());
        line(4, "workers: " + program.workers());
        sockets(program);
        ack(program.ack());
        stop(program.stop());
        restart(program.restart());
        rollout(program.rollout());
        line(4, "logs: " + logs(program.logs()));
        bond(program.bond());
        care(program.care());
        if (!program.after().isEmpty()) {
            StringBuilder names = new StringBuilder();
            for (String name : program.after()) {
                names.append(names.isEmpty() ? "" : ", ").append(quoted(name));
            }
            line(4, "after: [" + names + "]");
        }
    }

    private void care(MonitoringSpec care) {
        HealthSpec health = care.health();
        if (health != null) {
            line(
                    4,
                    "health: {"
                            + target(health.target())
                            + ", every: "
                            + Durations.print(health.every())
                            + ", timeout: "
                            + Durations.print(health.timeout())
                            + ", failures: "
                            + health.failures()
                            + "}");
        }
        optional("watchdog: ", care.watchdog() == null ? null : Durations.print(care.watchdog()));
        optional("max-age: ", care.maxAge() == null ? null : Durations.print(care.maxAge()));
        optional("memory-max: ", care.memoryMax() == null ? null : care.memoryMax().toString());
    }

    /// Prints settings that differ from the defaults, which nearly every program has.
    private void bond(ManagerLinkSpec bond) {
        if (bond.workerSocket() != ManagerLinkSpec.DEFAULT.workerSocket()) {
            line(4, "worker-socket: " + ConfigShape.word(bond.workerSocket()));
        }
        if (bond.descriptor() != ManagerLinkSpec.DEFAULT.descriptor()) {
            line(4, "worker-socket-fd: " + bond.descriptor());
        }
        if (bond.outlive() != ManagerLinkSpec.DEFAULT.outlive()) {
            line(4, "on-manager-death: " + ConfigShape.word(OnManagerDeath.of(bond.outlive())));
        }
    }

    private static String logs(LogsSpec logs) {
        return switch (logs) {
            case LogsSpec.Inherit _ -> "inherit";
            case LogsSpec.Discard _ -> "null";
            case LogsSpec.Journal _ -> "journal";
            case LogsSpec.ToFile file -> path(file.path());
            case LogsSpec.Kept kept -> kept(kept);
        };
    }

    private static String path(Path path) {
        return text(TextTemplate.of(path.toString()));
    }

    private static String kept(LogsSpec.Kept kept) {
        StringBuilder map = new StringBuilder("{to: ").append(path(kept.path()));
        if (kept.maxBytes() > 0) {
            map.append(", max-size: ").append(kept.maxBytes());
        }
        if (kept.maxAge() != null) {
            map.append(", max-age: ").append(Durations.print(kept.maxAge()));
        }
        if (kept.maxBytes() > 0 || kept.maxAge() != null) {
            map.append(", keep: ").append(kept.keep()).append(", compress: ");
            map.append(kept.compress());
        }
        for (int i = 0; i < kept.prefix().size(); i++) {
            map.append(i == 0 ? ", prefix: [" : ", ")
                    .append(ConfigShape.word(kept.prefix().get(i)));
        }
        return map.append(kept.prefix().isEmpty() ? "}" : "]}").toString();
    }

    private void env(ProgramSpec program) {
        if (!program.env().isEmpty()) {
            line(4, "env:");
        }
        for (Map.Entry<String, TextTemplate> variable : program.env().entrySet()) {
            line(6, quoted(variable.getKey()) + ": " + text(variable.getValue()));
        }
        if (!program.dropEnv().isEmpty()) {
            line(4, "drop-env:");
        }
        for (String name : program.dropEnv()) {
            line(6, "- " + quoted(name));
        }
    }

    private void identity(ProcessIdentitySpec identity) {
        optional("user: ", identity.user() == null ? null : quoted(identity.user()));
        optional("group: ", identity.group() == null ? null : quoted(identity.group()));
        optional("umask: ", identity.umask() == null ? null : octal(identity.umask()));
        optional("nice: ", identity.nice() == null ? null : identity.nice().toString());
        if (!identity.limits().isEmpty()) {
            line(4, "limits:");
        }
        for (Resource resource : Resource.values()) {
            Limit limit = identity.limits().get(resource);
            if (limit != null) {
                line(
                        6,
                        ConfigShape.word(resource)
                                + ": \""
                                + amount(limit.soft())
                                + ":"
                                + amount(limit.hard())
                                + '"');
            }
        }
    }

    private void confinement(ConfinementSpec confinement) {
        Boolean noNewPrivs = confinement.noNewPrivs();
        optional("no-new-privs: ", noNewPrivs == null ? null : noNewPrivs.toString());
        List<Capability> capabilities = confinement.capabilities();
        optional("capabilities: ", capabilities == null ? null : capabilities.toString());
        SchedulingSpec scheduling = confinement.scheduling();
        Integer score = scheduling.oomScoreAdj();
        optional("oom-score-adj: ", score == null ? null : score.toString());
        optional("cpus: ", scheduling.cpus().isEmpty() ? null : CpuList.print(scheduling.cpus()));
        IoClass io = scheduling.ioClass();
        optional("io-class: ", io == null ? null : SchedulingReader.print(io));
        directories(confinement.directories());
        sandbox(confinement.sandbox());
        if (!confinement.credentials().isEmpty()) {
            line(4, "credentials:");
        }
        confinement
                .credentials()
                .forEach((name, path) -> line(6, quoted(name) + ": " + quoted(path.toString())));
    }

    private void sandbox(@Nullable SandboxSpec sandbox) {
        if (sandbox != null) {
            line(4, "sandbox:");
            line(6, "read: " + paths(sandbox.read()));
            line(6, "write: " + paths(sandbox.write()));
            if (sandbox.connect() != null) {
                line(6, "connect: " + sandbox.connect());
            }
            if (sandbox.bind() != null) {
                line(6, "bind: " + sandbox.bind());
            }
            if (!sandbox.scope().isEmpty()) {
                List<String> words = sandbox.scope().stream().map(ConfigShape::word).toList();
                line(6, "scope: " + words);
            }
            line(6, "required: " + sandbox.required());
        }
    }

    private void cgroup(@Nullable CgroupSpec worker, @Nullable CgroupSpec together) {
        if (worker != null || together != null) {
            line(4, "cgroup:");
        }
        if (worker != null) {
            limits(6, worker);
        }
        if (together != null) {
            line(6, "program:");
            limits(8, together);
        }
    }

    private void limits(int indent, CgroupSpec cgroup) {
        limit(indent, "memory-max: ", cgroup.memoryMax(), "");
        limit(indent, "memory-high: ", cgroup.memoryHigh(), "");
        limit(indent, "cpu: ", cgroup.cpu(), "%");
        limit(indent, "tasks: ", cgroup.tasks(), "");
        limit(indent, "io-weight: ", cgroup.ioWeight(), "");
    }

    private void limit(int indent, String key, @Nullable Number value, String unit) {
        if (value != null) {
            line(indent, key + value + unit);
        }
    }

    private static String paths(List<Path> paths) {
        StringBuilder list = new StringBuilder("[");
        for (Path path : paths) {
            list.append(list.length() == 1 ? "" : ", ").append(quoted(path.toString()));
        }
        return list.append(']').toString();
    }

    private void directories(List<DirectorySpec> directories) {
        if (!directories.isEmpty()) {
            line(4, "directories:");
        }
        for (DirectorySpec directory : directories) {
            String path = quoted(directory.path().toString());
            line(6, "- {path: " + path + ", mode: " + octal(directory.mode()) + "}");
        }
    }

    private static String amount(long limit) {
        return limit == Limit.UNLIMITED ? "unlimited" : Long.toString(limit);
    }

    private void sockets(ProgramSpec program) {
        if (!program.sockets().isEmpty()) {
            line(4, "bind:");
        }
        for (SocketSpec socket : program.sockets()) {
            line(6, "- " + socket(socket));
        }
        optional("stdin: ", program.stdin() == null ? null : quoted(program.stdin()));
        protocols(program.protocols());
    }

    private void protocols(Set<SocketProtocol> asked) {
        StringBuilder list = new StringBuilder();
        for (SocketProtocol socketProtocol : SocketProtocol.values()) {
            if (asked.contains(socketProtocol)) {
                list.append(list.isEmpty() ? "[" : ", ").append(ConfigShape.word(socketProtocol));
            }
        }
        optional("protocols: ", list.isEmpty() ? null : list.append(']').toString());
    }

    private static String socket(SocketSpec socket) {
        StringBuilder map = new StringBuilder("{name: ").append(quoted(socket.name()));
        boolean internet = false;
        switch (socket.address()) {
            case Tcp tcp -> {
                map.append(", tcp: ").append(quoted(tcp.toString()));
                internet = true;
            }
            case Udp udp -> {
                map.append(", udp: ").append(quoted(udp.toString().substring("udp:".length())));
                internet = true;
            }
            case UnixPath unix -> map.append(", unix: ").append(quoted(unix.path().toString()));
            case UnixAbstract unix -> map.append(", unix: ").append(quoted("@" + unix.name()));
        }
        if (internet) {
            map.append(", reuse-address: ").append(socket.reuseAddress());
        }
        map.append(", non-blocking: ").append(socket.nonBlocking());
        if (!(socket.address() instanceof Udp)) {
            map.append(", backlog: ").append(socket.backlog());
        }
        if (socket.perWorker()) {
            map.append(", per-worker: true");
        }
        if (socket.ipv6Only()) {
            map.append(", ipv6-only: true");
        }
        file(socket.file(), map);
        return map.append('}').toString();
    }

    private static void file(SocketSpec.UnixFile file, StringBuilder map) {
        if (file.mode() != null) {
            map.append(", mode: ").append(octal(file.mode()));
        }
        if (file.owner() != null) {
            map.append(", owner: ").append(quoted(file.owner()));
        }
        if (file.group() != null) {
            map.append(", group: ").append(quoted(file.group()));
        }
    }

    private void ack(AckSpec ack) {
        String mode =
                switch (ack.mode()) {
                    case AckSpec.Manual _ -> "manual";
                    case AckSpec.Notify _ -> "notify";
                    case AckSpec.Fd fd -> fd.number() == null ? "fd" : "fd, fd: " + fd.number();
                    case AckSpec.Log log -> "log, match: " + quoted(log.match());
                    case AckSpec.Timer timer -> "timer, after: " + Durations.print(timer.after());
                    case AckSpec.Probe probe ->
                            "probe, "
                                    + target(probe.target())
                                    + ", every: "
                                    + Durations.print(probe.every());
                };
        line(4, "ack: {mode: " + mode + ", timeout: " + Durations.print(ack.timeout()) + "}");
    }

    private static String target(AckSpec.Target target) {
        return switch (target) {
            case ExecTarget exec -> "exec: " + list(exec.command());
            case TcpTarget tcp -> "tcp: " + quoted(endpoint(tcp.endpoint(), null));
            case HttpTarget http ->
                    "http: "
                            + quoted(
                                    "GET http://"
                                            + endpoint(http.endpoint(), http.host())
                                            + http.path());
        };
    }

    /// @param host as an HTTP target writes it; null for a TCP target
    private static String endpoint(Endpoint endpoint, @Nullable String host) {
        return switch (endpoint) {
            case OwnSocket socket -> host == null ? socket.name() : "{" + socket.name() + "}";
            case Fixed fixed -> {
                String numeric = new Tcp(fixed.host(), 0).toString();
                String name = host == null ? numeric.substring(0, numeric.length() - 2) : host;
                yield name + ":" + fixed.port();
            }
        };
    }

    private void stop(StopSpec stop) {
        StringBuilder map = new StringBuilder("stop: {signal: ");
        StopSpec.Step first = stop.steps().getFirst();
        map.append(first.signal());
        map.append(", timeout: ").append(Durations.print(first.patience())).append(", then: [");
        for (StopSpec.Step step : stop.steps().subList(1, stop.steps().size())) {
            map.append(map.charAt(map.length() - 1) == '[' ? "" : ", ").append(step.signal());
            if (!step.patience().isZero()) {
                map.append(' ').append(Durations.print(step.patience()));
            }
        }
        map.append("], to: ").append(ConfigShape.word(stop.to()));
        line(4, map.append("}").toString());
    }

    private void restart(RestartSpec restart) {
        line(4, "restart:");
        line(6, "when: " + ConfigShape.word(restart.when()));
        Backoff backoff = restart.backoff();
        line(
                6,
                "backoff: {first: "
                        + Durations.print(backoff.first())
                        + ", factor: "
                        + factor(backoff.factor())
                        + ", max: "
                        + Durations.print(backoff.max())
                        + "}");
        GiveUp giveUp = restart.giveUp();
        if (giveUp != null) {
            line(
                    6,
                    "give-up: {deaths: "
                            + giveUp.deaths()
                            + ", within: "
                            + Durations.print(giveUp.within())
                            + "}");
        }
        line(6, "burst: " + restart.burst());
    }

    private static String factor(double factor) {
        return factor == Math.rint(factor) ? Long.toString((long) factor) : Double.toString(factor);
    }

    private void drain(DrainSpec drain) {
        if (!drain.counted()) {
            line(6, "count-draining: false");
        }
        Duration timeout = drain.timeout();
        if (timeout != null) {
            boolean limited = !timeout.equals(DrainSpec.UNLIMITED);
            String word = limited ? Durations.print(timeout) : RolloutReader.UNLIMITED;
            line(6, "drain-timeout: " + word);
        }
    }

    private void rollout(RolloutSpec rollout) {
        line(4, "rollout:");
        line(6, "strategy: " + ConfigShape.word(rollout.strategy()));
        line(6, "max-surge: " + rollout.maxSurge());
        if (rollout.maxUnacked() != Integer.MAX_VALUE) {
            line(6, "max-unacked: " + rollout.maxUnacked());
        }
        line(6, "settle: " + Durations.print(rollout.settle()));
        line(6, "retries: " + rollout.retries());
        line(6, "probation: " + Durations.print(rollout.proof().probation()));
        line(6, "rollback-within: " + Durations.print(rollout.proof().rollbackWithin()));
        drain(rollout.drain());
        CanarySpec canary = rollout.canary();
        if (canary != null) {
            line(6, "canary:");
            line(8, "workers: " + canary.workers());
            Duration watch = canary.watch();
            String word = watch == null ? RolloutReader.UNTIL_PROMOTED : Durations.print(watch);
            line(8, "watch: " + word);
        }
    }

    private void line(int indent, String text) {
        out.repeat(' ', indent).append(text);
        String origin = indent == 4 ? origins.get(program + "." + key(text)) : null;
        if (origin != null) {
            // a name of a file may hold what would end a comment
            out.append("  # ").append(TextUtil.escaped(origin));
        }
        out.append('\n');
    }

    private static String key(String text) {
        return text.substring(0, Math.max(0, text.indexOf(':')));
    }

    private void optional(String key, @Nullable String value) {
        if (value != null) {
            line(4, key + value);
        }
    }

    private static String octal(int bits) {
        String digits = Integer.toOctalString(bits);
        return "\"" + "0".repeat(Math.max(0, 4 - digits.length())) + digits + '"';
    }

    private static String list(Iterable<TextTemplate> texts) {
        StringBuilder list = new StringBuilder("[");
        for (TextTemplate text : texts) {
            list.append(list.length() == 1 ? "" : ", ").append(text(text));
        }
        return list.append(']').toString();
    }

    private static String text(TextTemplate textTemplate) {
        return quoted(textTemplate.toString());
    }

    /// Bare where no version of YAML takes it for anything but text, else in double quotes.
    public static String quoted(String text) {
        if (isPlain(text)) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            int c = text.codePointAt(i);
            i += Character.charCount(c) - 1;
            switch (c) {
                case '"', '\\' -> quoted.append('\\').appendCodePoint(c);
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (isPrintable(c)) {
                        quoted.appendCodePoint(c);
                    } else {
                        quoted.append(String.format("\\U%08x", c));
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    private static boolean isPrintable(int c) {
        return c >= ' '
                && c != 0x85
                && c != 0x2028
                && c != 0x2029
                && Character.getType(c) != Character.FORMAT // not seen, or turns the line around
                && StreamReader.isPrintable(c);
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            boolean inner = TextUtil.isDigit(c) || c == '_' || c == '-' || c == '.' || c == '/';
            if (!letter && c != '/' && (i == 0 || !inner)) {
                return false;
            }
        }
        return text.length() > 1 && !isWord(text);
    }

    /// True if a version of YAML takes it for a boolean or for null.
    private static boolean isWord(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "null", "true", "false", "yes", "no", "on", "off" -> true;
            default -> false;
        };
    }
}
