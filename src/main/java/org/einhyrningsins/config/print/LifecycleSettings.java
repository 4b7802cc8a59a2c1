// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.config.read.RolloutReader;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.AckSpec.Endpoint;
import org.einhyrningsins.spec.AckSpec.ExecTarget;
import org.einhyrningsins.spec.AckSpec.Fixed;
import org.einhyrningsins.spec.AckSpec.HttpTarget;
import org.einhyrningsins.spec.AckSpec.OwnSocket;
import org.einhyrningsins.spec.AckSpec.TcpTarget;
import org.einhyrningsins.spec.CanarySpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RestartSpec.Backoff;
import org.einhyrningsins.spec.RestartSpec.GiveUp;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.RolloutTasksSpec;
import org.einhyrningsins.spec.SocketSpec.Tcp;
import org.einhyrningsins.spec.StartSpec;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.TaskSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// The settings of a worker's life: how it is taken for up, checked, stopped, restarted and rolled.
final class LifecycleSettings {
    private LifecycleSettings() {}

    static void add(ProgramSpec program, SettingGroup group) {
        if (program.job() == null) {
            group.put("ack", ack(program.ack()));
        }
        group.put("stop", stop(program.stop()));
        restart(program.restart(), group.group("restart"));
        SettingGroup rollout = group.group("rollout");
        rollout(program.rollout(), rollout);
        tasks(program.supervision().tasks(), rollout);
    }

    private static void tasks(RolloutTasksSpec tasks, SettingGroup group) {
        if (!tasks.before().isEmpty()) {
            group.put("before", YamlText.list(tasks.before(), LifecycleSettings::task));
        }
        if (!tasks.after().isEmpty()) {
            group.put("after", YamlText.list(tasks.after(), LifecycleSettings::task));
        }
        if (tasks.rollbacks()) {
            group.put("rollback-runs-before", true);
        }
    }

    /// Returns what a program comes after: a name for what is an order and no more.
    static String dependencies(ProgramSpec program) {
        return YamlText.list(
                program.after(),
                name -> {
                    StartSpec.Terms terms = program.terms(name);
                    if (terms.equals(StartSpec.Terms.NONE)) {
                        return YamlText.quoted(name);
                    }
                    InlineMap map = new InlineMap().put("program", YamlText.quoted(name));
                    StartSpec.When when = terms.when();
                    if (when != null) {
                        map.put("when", ConfigShape.word(when));
                    }
                    return (terms.restartWith() ? map.put("restart-with", "true") : map).toString();
                });
    }

    private static String task(TaskSpec task) {
        InlineMap map =
                new InlineMap()
                        .put("run", YamlText.texts(task.command()))
                        .put("timeout", Durations.print(task.timeout()));
        if (!task.env().isEmpty()) {
            InlineMap env = new InlineMap();
            task.env().forEach((name, value) -> env.put(name, YamlText.quoted(value)));
            map.put("env", env);
        }
        return map.toString();
    }

    private static InlineMap ack(AckSpec ack) {
        InlineMap map = new InlineMap();
        switch (ack.mode()) {
            case AckSpec.Manual _ -> map.put("mode", "manual");
            case AckSpec.Notify _ -> map.put("mode", "notify");
            case AckSpec.Fd fd -> map.put("mode", "fd").putIfSet("fd", fd.number());
            case AckSpec.Log log ->
                    map.put("mode", "log").put("match", YamlText.quoted(log.match()));
            case AckSpec.Timer timer ->
                    map.put("mode", "timer").put("after", Durations.print(timer.after()));
            case AckSpec.Probe probe -> {
                map.put("mode", "probe");
                target(probe.target(), map);
                map.put("every", Durations.print(probe.every()));
            }
        }
        return map.put("timeout", Durations.print(ack.timeout()));
    }

    static InlineMap health(HealthSpec health) {
        InlineMap map = new InlineMap();
        target(health.target(), map);
        return map.put("every", Durations.print(health.every()))
                .put("timeout", Durations.print(health.timeout()))
                .put("failures", health.failures());
    }

    private static void target(AckSpec.Target target, InlineMap map) {
        switch (target) {
            case ExecTarget exec -> map.put("exec", YamlText.texts(exec.command()));
            case TcpTarget tcp -> map.put("tcp", YamlText.quoted(endpoint(tcp.endpoint(), null)));
            case HttpTarget http -> {
                String url = "http://" + endpoint(http.endpoint(), http.host()) + http.path();
                map.put("http", YamlText.quoted("GET " + url));
            }
        }
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

    private static InlineMap stop(StopSpec stop) {
        StopSpec.Step first = stop.steps().getFirst();
        List<StopSpec.Step> then = stop.steps().subList(1, stop.steps().size());
        return new InlineMap()
                .put("signal", first.signal())
                .put("timeout", Durations.print(first.patience()))
                .put("then", YamlText.list(then, LifecycleSettings::step))
                .put("to", ConfigShape.word(stop.to()));
    }

    private static String step(StopSpec.Step step) {
        String signal = step.signal().toString();
        return step.patience().isZero() ? signal : signal + " " + Durations.print(step.patience());
    }

    private static void restart(RestartSpec restart, SettingGroup group) {
        group.put("when", ConfigShape.word(restart.when()));
        Backoff backoff = restart.backoff();
        group.put(
                "backoff",
                new InlineMap()
                        .put("first", Durations.print(backoff.first()))
                        .put("factor", factor(backoff.factor()))
                        .put("max", Durations.print(backoff.max())));
        GiveUp giveUp = restart.giveUp();
        if (giveUp != null) {
            group.put(
                    "give-up",
                    new InlineMap()
                            .put("deaths", giveUp.deaths())
                            .put("within", Durations.print(giveUp.within())));
        }
        group.put("burst", restart.burst());
    }

    private static String factor(double factor) {
        return factor == Math.rint(factor) ? Long.toString((long) factor) : Double.toString(factor);
    }

    private static void rollout(RolloutSpec rollout, SettingGroup group) {
        group.put("strategy", ConfigShape.word(rollout.strategy()));
        group.put("max-surge", rollout.maxSurge());
        if (rollout.maxUnacked() != Integer.MAX_VALUE) {
            group.put("max-unacked", rollout.maxUnacked());
        }
        group.put("settle", Durations.print(rollout.settle()));
        group.put("retries", rollout.retries());
        group.put("probation", Durations.print(rollout.proof().probation()));
        group.put("rollback-within", Durations.print(rollout.proof().rollbackWithin()));
        drain(rollout.drain(), group);
        CanarySpec canary = rollout.canary();
        if (canary != null) {
            SettingGroup below = group.group("canary");
            below.put("workers", canary.workers());
            below.put("watch", orWord(canary.watch(), RolloutReader.UNTIL_PROMOTED));
        }
    }

    private static void drain(DrainSpec drain, SettingGroup group) {
        if (!drain.counted()) {
            group.put("count-draining", false);
        }
        Duration timeout = drain.timeout();
        if (timeout != null) {
            boolean limited = !timeout.equals(DrainSpec.UNLIMITED);
            group.put("drain-timeout", orWord(limited ? timeout : null, RolloutReader.UNLIMITED));
        }
    }

    private static String orWord(@Nullable Duration time, String word) {
        return time == null ? word : Durations.print(time);
    }
}
