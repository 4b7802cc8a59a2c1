// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.JobSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutTasksSpec;
import org.einhyrningsins.spec.StartSpec;
import org.einhyrningsins.spec.StartSpec.Terms;
import org.einhyrningsins.spec.StartSpec.When;
import org.einhyrningsins.spec.TaskSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.schedule.CronExpression;
import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Reads what makes a program a job, and when it starts (`kind`, `timeout`, `retries`, `start`),
/// and the tasks of a rollout: each a command in one text, or a map with `run`; several are a list.
record JobReader(ValueReader values, TemplateReader templates) {
    private static final String NAME = "the name of a program";
    private static final int MAX_TASKS = 20;
    private static final Duration UNUSED = Duration.ofMinutes(1);

    /// Keys that say nothing of a job.
    static final List<String> OF_SERVICES = List.of("bind", "ack", "health", "watchdog", "max-age");

    /// Keys that are for jobs alone.
    private static final List<String> OF_SCHEDULES =
            List.of("time-zone", "overlap", "jitter", "catch-up");

    private static final List<String> OF_JOBS =
            List.of("timeout", "retries", "schedule", "time-zone", "overlap", "jitter", "catch-up");

    /// Keys of a rollout that say nothing of a job.
    static final List<String> OF_ROLLOUTS = List.of("before", "after", "rollback-runs-before");

    RolloutTasksSpec tasks(ConfigFields rollout, boolean job) {
        for (String key : job ? OF_ROLLOUTS : List.<String>of()) {
            if (rollout.has(key)) {
                rollout.report(key, "a job is not rolled; leave out " + key);
            }
        }
        return new RolloutTasksSpec(
                tasks(rollout, "before"),
                tasks(rollout, "after"),
                rollout.flag("rollback-runs-before", false));
    }

    private List<TaskSpec> tasks(ConfigFields rollout, String key) {
        ConfigNode configNode = rollout.node(key);
        List<ConfigNode> nodes =
                configNode == null
                        ? List.of()
                        : configNode instanceof Items list ? list.values() : List.of(configNode);
        if (nodes.size() > MAX_TASKS) {
            rollout.report(key, "there are " + nodes.size() + " tasks; at most " + MAX_TASKS);
        }
        List<TaskSpec> tasks = new ArrayList<>();
        for (ConfigNode node : nodes) {
            tasks.add(task(node));
        }
        return tasks;
    }

    private TaskSpec task(ConfigNode configNode) {
        if (configNode instanceof Items) {
            values.expected(configNode, "a command in one text, or a map with run");
        }
        CommandReader commandReader = new CommandReader(values, templates);
        if (!(configNode instanceof Mapping map)) {
            return new TaskSpec(
                    commandReader.read(configNode),
                    TaskSpec.DEFAULT_TIMEOUT,
                    new LinkedHashMap<>());
        }
        ConfigFields task = ConfigFields.of(map, ConfigShape.TASK, values);
        task.require("run");
        return new TaskSpec(
                commandReader.read(task.node("run")),
                task.positive("timeout", TaskSpec.DEFAULT_TIMEOUT),
                env(task.node("env"), commandReader));
    }

    private SequencedMap<String, TextTemplate> env(
            @Nullable ConfigNode configNode, CommandReader commandReader) {
        SequencedMap<String, TextTemplate> env = new LinkedHashMap<>();
        if (configNode instanceof Mapping map) {
            for (Map.Entry<String, ConfigNode.Entry> entry : map.entries().entrySet()) {
                String name = entry.getKey();
                if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
                    values.problems()
                            .report(
                                    entry.getValue().key(),
                                    TextUtil.quoted(name)
                                            + " cannot be the name of a variable; write NAME:"
                                            + " value");
                }
                TextTemplate value =
                        commandReader.template(
                                entry.getValue().value(), "text (\"\" for an empty one)");
                if (value != null) {
                    env.put(entry.getKey(), value);
                }
            }
        } else if (configNode != null) {
            values.expected(configNode, "a map of variables");
        }
        return env;
    }

    /// Kinds of programs.
    private enum Kind {
        SERVICE,
        JOB
    }

    /// What starts a program.
    private enum Start {
        AUTO,
        MANUAL
    }

    /// Reads the job; null for a program that serves.
    static @Nullable JobSpec job(ConfigFields program) {
        if (program.choice("kind", Kind.values(), Kind.SERVICE) == Kind.SERVICE) {
            for (String key : OF_JOBS) {
                if (program.has(key)) {
                    program.report(key, key + " is for a job; write kind: job, or leave it out");
                }
            }
            return null;
        }
        for (String key : OF_SERVICES) {
            if (program.has(key)) {
                program.report(key, "a job is done when it ends; leave out " + key);
            }
        }
        return new JobSpec(
                program.has("timeout") ? program.positive("timeout", UNUSED) : null,
                program.number("retries", 0, JobSpec.MAX_RETRIES, 0),
                null,
                schedule(program));
    }

    private static @Nullable ScheduleSpec schedule(ConfigFields program) {
        String times = program.name("schedule", "times such as \"30 2 * * *\" or @daily");
        if (times == null) {
            for (String key : OF_SCHEDULES) {
                if (program.has(key) && !program.has("schedule")) {
                    program.report(key, key + " is for a job with a schedule; leave it out");
                }
            }
            return null;
        }
        if (program.has("start")) {
            program.report("start", "a job with a schedule is started by that; leave out start");
        }
        Duration jitter = program.duration("jitter", Duration.ZERO);
        if (jitter.compareTo(ScheduleSpec.MAX_JITTER) > 0) {
            program.report("jitter", "a day is the most");
        }
        try {
            CronExpression.of(times);
        } catch (IllegalArgumentException e) {
            program.report("schedule", String.valueOf(e.getMessage()));
            return null;
        }
        return new ScheduleSpec(
                times,
                zone(program),
                program.choice("overlap", ScheduleSpec.Overlap.values(), ScheduleSpec.Overlap.SKIP),
                jitter,
                program.flag("catch-up", false));
    }

    private static @Nullable String zone(ConfigFields program) {
        String zone = program.name("time-zone", "the name of a time zone");
        boolean named = zone == null || zone.matches("UTC|GMT|[A-Z][A-Za-z_]*/.+");
        if (zone == null || (named && ZoneId.getAvailableZoneIds().contains(zone))) {
            return zone;
        }
        String write = "; write a name such as Europe/Berlin, or UTC";
        program.report("time-zone", TextUtil.quoted(zone) + " is no time zone" + write);
        return null;
    }

    /// Returns the restart policy of a job, of which only the delays hold. Reports one that would
    /// start it again.
    RestartSpec restart(@Nullable ConfigNode configNode, RestartSpec restart) {
        ConfigNode when = configNode;
        if (configNode instanceof Mapping map) {
            ConfigNode.Entry entry = map.entries().get("when");
            when = entry == null ? null : entry.value();
        }
        if (when != null && restart.when() != RestartSpec.When.NEVER) {
            String why = "a job is started again after a failure only, as often as retries says";
            values.problems().report(when.place(), why + "; write never, or leave it out");
        }
        return new RestartSpec(
                RestartSpec.When.NEVER, restart.backoff(), restart.giveUp(), restart.burst());
    }

    StartSpec start(ConfigFields program) {
        boolean manual = program.choice("start", Start.values(), Start.AUTO) == Start.MANUAL;
        return after(program.node("after"), manual || program.has("schedule"));
    }

    /// Reads `after`: names of programs, or maps with `program`, `when` and `restart-with`; one of
    /// them, or a list. Whether the names are there is for
    /// [org.einhyrningsins.config.check.DependencyCheck] to say.
    private StartSpec after(@Nullable ConfigNode after, boolean manual) {
        List<String> names = new ArrayList<>();
        Map<String, Terms> terms = new LinkedHashMap<>();
        for (ConfigNode node : after == null ? List.<ConfigNode>of() : values.oneOrMany(after)) {
            if (node instanceof Mapping map && isDependency(map)) {
                ConfigFields fields = ConfigFields.of(map, ConfigShape.DEPENDENCY, values);
                fields.require("program");
                String name = fields.text("program", NAME);
                Terms read = terms(fields);
                if (name != null) {
                    names.add(name);
                    if (!read.equals(Terms.NONE)) {
                        terms.put(name, read);
                    }
                }
            } else {
                String name = values.text(node, NAME);
                if (name != null) {
                    names.add(name);
                }
            }
        }
        return new StartSpec(manual, names, terms);
    }

    /// True unless no key of the map is one of a dependency, or nearly so: then another thing was
    /// meant, and the message says which.
    private static boolean isDependency(Mapping map) {
        return map.entries().keySet().stream()
                .anyMatch(
                        key ->
                                ConfigShape.DEPENDENCY.has(key)
                                        || SpellingSuggestion.of(key, ConfigShape.DEPENDENCY.keys())
                                                != null);
    }

    private static Terms terms(ConfigFields fields) {
        When when = fields.has("when") ? fields.choice("when", When.values(), When.READY) : null;
        return new Terms(when, fields.flag("restart-with", false));
    }
}
