// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import static org.einhyrningsins.control.wire.YamlText.symbol;

import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.YamlText;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.WorkerTable;
import org.einhyrningsins.manager.runtime.Timestamp;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/// The answer of `state`: a YAML document whose keys are those of einhorn's own state
/// (lib/einhorn.rb, `default_state`), so that scripts that read it go on to work. What einhorn has
/// no notion of is `:program` and `:state` of a child, and `:programs`. `:versions` and `:sockets`
/// are as empty as there: einhorn fills them no more. The worker's signals are a list, not a Ruby
/// set, which only Ruby could read; both have `length` and `include?`.
public final class EinhornState {
    private final SocketTable sockets;
    private final Collection<ProgramHost> hosts;
    private final General general;

    /// The part that is not a program's.
    ///
    /// @param respawns dead workers are replaced
    public record General(
            @Nullable Path control,
            @Nullable Path pidFile,
            LogSpec.Level level,
            boolean respawns) {}

    public EinhornState(SocketTable sockets, Collection<ProgramHost> hosts, General general) {
        this.sockets = sockets;
        this.hosts = hosts;
        this.general = general;
    }

    public String document() {
        return YamlText.document(symbols("state", state()));
    }

    private Map<Object, @Nullable Object> state() {
        Map<Object, @Nullable Object> state = symbols("children", children());
        put(state, "config", config());
        put(state, "versions", Map.of());
        put(state, "version", most(program -> program.serving().generation()));
        put(state, "sockets", Map.of());
        List<String> command = hosts.size() == 1 ? command(hosts.iterator().next()) : null;
        put(state, "orig_cmd", command);
        addresses(state);
        put(state, "cmd", command);
        put(state, "script_name", null);
        put(state, "respawn", general.respawns());
        put(state, "upgrading", hosts.stream().anyMatch(host -> upgrading(host.program())));
        put(state, "smooth_upgrade", hosts.stream().anyMatch(EinhornState::smoothly));
        put(state, "reloading_for_upgrade", false);
        putRest(state);
        put(state, "programs", programs());
        return state;
    }

    private void putRest(Map<Object, @Nullable Object> state) {
        ProgramSpec first = hosts.isEmpty() ? null : spec(hosts.iterator().next());
        put(state, "path", first == null ? null : first.directory().toString());
        put(state, "cmd_name", null);
        put(state, "verbosity", verbosity());
        put(state, "generation", 0);
        put(state, "last_spinup", time(lastSpawn()));
        put(state, "ack_mode", first == null ? null : ackMode(first));
        put(state, "kill_children_on_exit", first != null && !first.managerLink().outlive());
        put(state, "command_socket_as_fd", first != null && first.managerLink().descriptor());
        put(state, "socket_path", text(general.control()));
        put(state, "pidfile", text(general.pidFile()));
        put(state, "lockfile", null);
        put(state, "consecutive_deaths_before_ack", most(EinhornState::quickDeaths));
        put(state, "last_upgraded", time(lastUpgrade()));
        put(state, "nice", nice(first));
        put(state, "reexec_commandline", null);
        put(state, "drop_environment_variables", first == null ? List.of() : first.dropEnv());
        put(state, "signal_timeout", null);
        put(state, "preloaded", false);
    }

    // ---- workers

    private Map<Object, @Nullable Object> children() {
        Map<Object, @Nullable Object> children = new LinkedHashMap<>();
        for (ProgramHost host : hosts) {
            for (Slot slot : host.program().slots()) {
                for (Worker worker : slot.workers()) {
                    WorkerProcess process = host.workforce().of(worker.id());
                    if (process != null) {
                        children.put(process.pid(), child(host, slot, worker, process));
                    }
                }
            }
        }
        return children;
    }

    private static Map<Object, @Nullable Object> child(
            ProgramHost host, Slot slot, Worker worker, WorkerProcess process) {
        Map<Object, @Nullable Object> child = symbols("type", symbol("worker"));
        put(child, "version", worker.version().generation());
        put(child, "acked", !(worker.state() instanceof WorkerState.Starting));
        put(child, "signaled", signaled(worker));
        WorkerTable.Times times = host.workforce().times(worker.id());
        boolean stopping = worker.state() instanceof WorkerState.Stopping;
        put(child, "last_signaled_at", stopping ? time(times.signaledMillis()) : null);
        put(child, "index", slot.index());
        put(child, "spinup_time", time(process.bornMillis()));
        if (times.pingedMillis() > 0) {
            put(child, "pinged_at", time(times.pingedMillis()));
            put(child, "pinged_request_id", plain(times.work()));
        }
        put(child, "program", host.name());
        put(child, "state", symbol(worker.state().word()));
        return child;
    }

    /// The steps of its stopping that are done.
    private static List<String> signaled(Worker worker) {
        if (!(worker.state() instanceof WorkerState.Stopping stopping)) {
            return List.of();
        }
        List<StopSpec.Step> steps = worker.version().spec().stop().steps();
        int done = Math.max(0, steps.size() - stopping.rest().size());
        return steps.subList(0, done).stream().map(step -> step.signal().name()).toList();
    }

    private long lastUpgrade() {
        return hosts.stream().mapToLong(ProgramHost::upgradedMillis).max().orElse(0);
    }

    private long lastSpawn() {
        long last = 0;
        for (ProgramHost host : hosts) {
            for (Slot slot : host.program().slots()) {
                for (Worker worker : slot.workers()) {
                    WorkerProcess process = host.workforce().of(worker.id());
                    last = Math.max(last, process == null ? 0 : process.bornMillis());
                }
            }
        }
        return last;
    }

    // ---- programs

    private Map<Object, @Nullable Object> programs() {
        Map<Object, @Nullable Object> programs = new LinkedHashMap<>();
        for (ProgramHost host : hosts) {
            Program program = host.program();
            Map<Object, @Nullable Object> one = symbols("number", wanted(program));
            put(one, "ready", program.ready());
            put(one, "version", program.serving().generation());
            put(one, "upgrading", upgrading(program));
            put(one, "ack_mode", ackMode(spec(host)));
            put(one, "cmd", command(host));
            programs.put(host.name(), one);
        }
        return programs;
    }

    private Map<Object, @Nullable Object> config() {
        int number = 0;
        int backlog = 0;
        for (ProgramHost host : hosts) {
            number += wanted(host.program());
            for (var socket : spec(host).sockets()) {
                backlog = Math.max(backlog, socket.backlog());
            }
        }
        Map<Object, @Nullable Object> config = symbols("number", number);
        put(config, "backlog", backlog);
        put(config, "seconds", 1);
        return config;
    }

    private void addresses(Map<Object, @Nullable Object> state) {
        List<Object> bind = new ArrayList<>();
        List<Object> fds = new ArrayList<>();
        List<Object> ports = new ArrayList<>();
        for (ProgramHost host : hosts) {
            int fd = ProgramSpec.FIRST_SOCKET_FD;
            List<BoundSocket> all = sockets.of(spec(host));
            for (int i = 0; i < all.size(); i++) {
                BoundSocket boundSocket = all.get(i);
                List<String> flags = flags(spec(host).sockets().get(i));
                int colon = boundSocket.address().lastIndexOf(':');
                String port = boundSocket.address().substring(colon + 1);
                boolean numbered = !port.isEmpty() && port.chars().allMatch(Character::isDigit);
                if (colon >= 0 && numbered) {
                    String where = boundSocket.address().substring(0, colon);
                    bind.add(List.of(where, Integer.valueOf(port), flags));
                    ports.add(Integer.valueOf(port));
                } else {
                    bind.add(List.of(boundSocket.address(), 0, flags));
                }
                fds.add(fd++);
            }
        }
        put(state, "bind", bind);
        put(state, "bind_fds", fds);
        put(state, "bound_ports", ports);
    }

    private static List<String> flags(SocketSpec socket) {
        List<String> flags = new ArrayList<>();
        if (socket.reuseAddress()) {
            flags.add("r");
        }
        if (socket.nonBlocking()) {
            flags.add("n");
        }
        return flags;
    }

    private static ProgramSpec spec(ProgramHost host) {
        return host.program().serving().spec();
    }

    private static List<String> command(ProgramHost host) {
        return spec(host).command().stream().map(TextTemplate::toString).toList();
    }

    private static int wanted(Program program) {
        return program.phase() instanceof ProgramPhase.Stopped ? 0 : program.count();
    }

    private static boolean upgrading(Program program) {
        Rollout rollout = program.rollout();
        return rollout != null && !rollout.draining();
    }

    private static boolean smoothly(ProgramHost host) {
        Rollout rollout = host.program().rollout();
        return rollout != null && rollout.strategy() == RolloutSpec.Strategy.SMOOTH;
    }

    private static int quickDeaths(Program program) {
        return program.slots().stream().mapToInt(slot -> slot.past().quickDeaths()).max().orElse(0);
    }

    private int most(ToIntFunction<Program> what) {
        return hosts.stream().map(ProgramHost::program).mapToInt(what).max().orElse(0);
    }

    private static Map<Object, @Nullable Object> ackMode(ProgramSpec spec) {
        return switch (spec.ack().mode()) {
            case AckSpec.Manual ignored -> symbols("type", symbol("manual"));
            case AckSpec.Timer timer -> {
                Map<Object, @Nullable Object> mode = symbols("type", symbol("timer"));
                put(mode, "timeout", timer.after().toMillis() / 1000.0);
                yield mode;
            }
            case AckSpec.Notify ignored -> symbols("type", symbol("notify"));
            case AckSpec.Probe ignored -> symbols("type", symbol("probe"));
            case AckSpec.Fd ignored -> symbols("type", symbol("fd"));
            case AckSpec.Log ignored -> symbols("type", symbol("log"));
        };
    }

    private static Map<Object, @Nullable Object> nice(@Nullable ProgramSpec first) {
        Map<Object, @Nullable Object> nice = new LinkedHashMap<>();
        put(nice, "master", null);
        put(nice, "worker", first == null ? null : first.identity().nice());
        put(nice, "renice_cmd", null);
        return nice;
    }

    /// einhorn counts from 0, debug, to 2, errors.
    private int verbosity() {
        return switch (general.level()) {
            case DEBUG -> 0;
            case INFO -> 1;
            case WARN, ERROR -> 2;
        };
    }

    // ---- YAML

    private static Map<Object, @Nullable Object> symbols(String key, Object value) {
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        put(map, key, value);
        return map;
    }

    private static void put(Map<Object, @Nullable Object> map, String key, @Nullable Object value) {
        map.put(symbol(key), value);
    }

    private static @Nullable String text(@Nullable Path path) {
        return path == null ? null : path.toString();
    }

    private static YamlText.@Nullable Plain plain(@Nullable JsonId id) {
        return id == null ? null : new YamlText.Plain(id.json());
    }

    private static YamlText.@Nullable Plain time(long wallMillis) {
        if (wallMillis == 0) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        Timestamp.append(text, wallMillis);
        return new YamlText.Plain(text.toString());
    }
}
