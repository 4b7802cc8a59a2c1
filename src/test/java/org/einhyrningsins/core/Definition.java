// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.BindSpec;
import org.einhyrningsins.spec.CanarySpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.JobSpec;
import org.einhyrningsins.spec.LaunchSpec;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.RolloutTasksSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.StartSpec;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.SupervisionSpec;
import org.einhyrningsins.spec.TaskSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.TrialSpec;
import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A program's definition in few words, `workers=2 ack=manual timeout=10s`, for tests: what is not
/// said is as in the product, but that workers say themselves when they are up.
public record Definition(Map<String, String> settings) {
    private static final Map<String, String> USUAL =
            Map.ofEntries(
                    Map.entry("workers", "1"),
                    Map.entry("command", "./v1"),
                    Map.entry("release", "none"),
                    Map.entry("ack", "manual"),
                    Map.entry("timeout", "30s"),
                    Map.entry("stop", "TERM:30s,KILL:0s"),
                    Map.entry("stop-to", "process"),
                    Map.entry("restart", "always"),
                    Map.entry("backoff", "100ms..30s"),
                    Map.entry("give-up", "never"),
                    Map.entry("burst", "2"),
                    Map.entry("strategy", "smooth"),
                    Map.entry("surge", "1"),
                    Map.entry("unacked", "100"),
                    Map.entry("settle", "0s"),
                    Map.entry("retries", "3"),
                    Map.entry("canary", "none"),
                    Map.entry("probation", "usual"),
                    Map.entry("rollback-within", "1m"),
                    Map.entry("count-draining", "true"),
                    Map.entry("drain-timeout", "none"),
                    Map.entry("health", "none"),
                    Map.entry("every", "5s"),
                    Map.entry("patience", "1s"),
                    Map.entry("failures", "3"),
                    Map.entry("watchdog", "none"),
                    Map.entry("max-age", "none"),
                    Map.entry("memory-max", "none"),
                    Map.entry("sockets", "none"),
                    Map.entry("after", ""),
                    Map.entry("manual", "false"),
                    Map.entry("before", "none"),
                    Map.entry("then", "none"),
                    Map.entry("rollbacks", "false"),
                    Map.entry("job", "none"),
                    Map.entry("schedule", "none"));

    public Definition {
        settings = Map.copyOf(settings);
    }

    public static Definition of(String words) {
        return new Definition(USUAL).with(words);
    }

    /// The same with some settings changed.
    Definition with(String words) {
        Map<String, String> changed = new LinkedHashMap<>(settings);
        for (String word : words.isBlank() ? new String[0] : words.strip().split("\\s+", -1)) {
            String[] pair = word.split("=", 2);
            if (pair.length != 2 || !USUAL.containsKey(pair[0])) {
                throw new IllegalArgumentException("no such setting: " + word);
            }
            changed.put(pair[0], pair[1]);
        }
        return new Definition(changed);
    }

    public ProgramSpec spec() {
        SupervisionSpec supervision =
                new SupervisionSpec(
                        new AckSpec(mode(get("ack")), time("timeout")),
                        new StopSpec(
                                steps(get("stop")),
                                StopSpec.To.valueOf(get("stop-to").toUpperCase(Locale.ROOT))),
                        restart(),
                        rollout(),
                        care(),
                        start(),
                        new RolloutTasksSpec(
                                tasks("before"), tasks("then"), get("rollbacks").equals("true")),
                        job());
        List<TextTemplate> command = List.of(TextTemplate.of(get("command")));
        return new ProgramSpec(
                        "web",
                        number("workers"),
                        LaunchSpec.of(command, Path.of("/srv/web")),
                        BindSpec.NONE.withSockets(sockets(get("sockets"))),
                        supervision)
                .withRelease(release(get("release")));
    }

    /// `db,migrate:done,cache+`: `+` for restart-with.
    private StartSpec start() {
        List<String> names = new ArrayList<>();
        Map<String, StartSpec.Terms> terms = new LinkedHashMap<>();
        for (String word : get("after").isEmpty() ? new String[0] : get("after").split(",", -1)) {
            boolean with = word.endsWith("+");
            String[] parts = (with ? word.substring(0, word.length() - 1) : word).split(":", 2);
            names.add(parts[0]);
            if (with || parts.length > 1) {
                StartSpec.When when =
                        parts.length == 1
                                ? null
                                : StartSpec.When.valueOf(parts[1].toUpperCase(Locale.ROOT));
                terms.put(parts[0], new StartSpec.Terms(when, with));
            }
        }
        return new StartSpec(get("manual").equals("true"), names, terms);
    }

    /// `./migrate,./seed`.
    private List<TaskSpec> tasks(String key) {
        List<TaskSpec> tasks = new ArrayList<>();
        for (String word : get(key).equals("none") ? new String[0] : get(key).split(",", -1)) {
            tasks.add(
                    new TaskSpec(
                            List.of(TextTemplate.of(word)),
                            TaskSpec.DEFAULT_TIMEOUT,
                            new LinkedHashMap<>()));
        }
        return tasks;
    }

    /// `2/30s`: two retries, each with that time; `0/none`; `0/30s/shop`: a task of shop.
    private @Nullable JobSpec job() {
        if (get("job").equals("none")) {
            return null;
        }
        String[] parts = get("job").split("/", 3);
        Duration timeout = parts[1].equals("none") ? null : duration(parts[1]);
        String owner = parts.length > 2 ? parts[2] : null;
        return new JobSpec(timeout, Integer.parseInt(parts[0]), owner, schedule());
    }

    /// `wait`: every day, and what becomes of a run that is due during another.
    private @Nullable ScheduleSpec schedule() {
        return get("schedule").equals("none")
                ? null
                : new ScheduleSpec(
                        "@daily",
                        null,
                        ScheduleSpec.Overlap.valueOf(get("schedule").toUpperCase(Locale.ROOT)),
                        Duration.ZERO,
                        true);
    }

    private static @Nullable Release release(String name) {
        Path path = Path.of("/srv/web/releases", name);
        return name.equals("none")
                ? null
                : new Release(Path.of("/srv/web/current"), path, path, null);
    }

    private static List<SocketSpec> sockets(String words) {
        SocketSpec.Tcp address = new SocketSpec.Tcp(InetAddress.getLoopbackAddress(), 8080);
        SocketSpec.UnixFile file = SocketSpec.UnixFile.DEFAULT;
        return switch (words) {
            case "none" -> List.of();
            case "shared" ->
                    List.of(new SocketSpec("http", address, true, false, 128, false, file, false));
            case "own" ->
                    List.of(new SocketSpec("http", address, true, false, 128, false, file, true));
            default -> throw new IllegalArgumentException("sockets: " + words);
        };
    }

    private MonitoringSpec care() {
        AckSpec.Target target =
                switch (get("health")) {
                    case "worker" -> new AckSpec.ExecTarget(List.of(TextTemplate.of("./check")));
                    case "slot" -> new AckSpec.TcpTarget(port(new TextTemplate.Slot()));
                    case "program" -> TARGET;
                    case "none" -> null;
                    default -> throw new IllegalArgumentException("health: " + get("health"));
                };
        String memory = get("memory-max");
        return new MonitoringSpec(
                target == null
                        ? null
                        : new HealthSpec(
                                target, time("every"), time("patience"), number("failures")),
                optional("watchdog"),
                optional("max-age"),
                memory.equals("none") ? null : Long.parseLong(memory) << 20);
    }

    private @Nullable Duration optional(String key) {
        return get(key).equals("none") ? null : time(key);
    }

    private static AckSpec.Fixed port(TextTemplate.Part last) {
        TextTemplate port = new TextTemplate(List.of(new TextTemplate.Text("900"), last));
        return new AckSpec.Fixed(InetAddress.getLoopbackAddress(), port);
    }

    private static AckSpec.Mode mode(String words) {
        String[] parts = words.split(":", 2);
        return switch (parts[0]) {
            case "manual" -> new AckSpec.Manual();
            case "notify" -> new AckSpec.Notify();
            case "timer" -> new AckSpec.Timer(duration(parts[1]));
            case "probe" -> new AckSpec.Probe(TARGET, duration(parts[1]));
            default -> throw new IllegalArgumentException("no such ack: " + words);
        };
    }

    private static final AckSpec.Target TARGET =
            new AckSpec.TcpTarget(
                    new AckSpec.Fixed(InetAddress.getLoopbackAddress(), TextTemplate.of("9000")));

    private static List<StopSpec.Step> steps(String words) {
        List<StopSpec.Step> steps = new ArrayList<>();
        for (String word : words.split(",", -1)) {
            String[] parts = word.split(":", 2);
            steps.add(new StopSpec.Step(Signal.valueOf(parts[0]), duration(parts[1])));
        }
        return steps;
    }

    private RestartSpec restart() {
        String[] delays = get("backoff").split("\\.\\.", 2);
        String[] limit = get("give-up").split("/", 2);
        return new RestartSpec(
                RestartSpec.When.valueOf(get("restart").toUpperCase(Locale.ROOT).replace('-', '_')),
                new RestartSpec.Backoff(duration(delays[0]), 2, duration(delays[1])),
                limit.length == 1
                        ? null
                        : new RestartSpec.GiveUp(Integer.parseInt(limit[0]), duration(limit[1])),
                number("burst"));
    }

    private RolloutSpec rollout() {
        return new RolloutSpec(
                strategy(get("strategy")),
                number("surge"),
                number("unacked"),
                time("settle"),
                number("retries"),
                canary(get("canary")),
                new TrialSpec(probation(), time("rollback-within")),
                new DrainSpec(get("count-draining").equals("true"), drainTimeout()));
    }

    private Duration probation() {
        return get("probation").equals("usual")
                ? TrialSpec.of(new AckSpec(mode(get("ack")), Duration.ZERO)).probation()
                : time("probation");
    }

    private @Nullable Duration drainTimeout() {
        return get("drain-timeout").equals("unlimited")
                ? DrainSpec.UNLIMITED
                : optional("drain-timeout");
    }

    /// `2/30s`, `1/until-promoted`.
    private static @Nullable CanarySpec canary(String words) {
        if (words.equals("none")) {
            return null;
        }
        String[] parts = words.split("/", 2);
        boolean promoted = parts[1].equals("until-promoted");
        return new CanarySpec(Integer.parseInt(parts[0]), promoted ? null : duration(parts[1]));
    }

    static RolloutSpec.Strategy strategy(String word) {
        return RolloutSpec.Strategy.valueOf(word.toUpperCase(Locale.ROOT));
    }

    String get(String key) {
        return settings.getOrDefault(key, "");
    }

    private int number(String key) {
        return Integer.parseInt(get(key));
    }

    private Duration time(String key) {
        return duration(get(key));
    }

    /// `5s`, `250ms`, `2m`.
    static Duration duration(String words) {
        if (words.endsWith("ms")) {
            return Duration.ofMillis(Long.parseLong(words.substring(0, words.length() - 2)));
        }
        long number = Long.parseLong(words.substring(0, words.length() - 1));
        return words.endsWith("m") ? Duration.ofMinutes(number) : Duration.ofSeconds(number);
    }
}
