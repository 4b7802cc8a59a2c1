// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.config.print.SettingValue.Item;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.OnManagerDeath;
import org.einhyrningsins.spec.JobSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketProtocol;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/// The settings of one program, in the order of `print`.
final class ProgramSettings {
    private final SettingGroup group = new SettingGroup();

    private ProgramSettings() {}

    static SettingGroup of(ProgramSpec program) {
        ProgramSettings settings = new ProgramSettings();
        settings.add(program);
        return settings.group;
    }

    private void add(ProgramSpec program) {
        group.put("command", YamlText.texts(program.command()));
        group.put("directory", YamlText.quoted(program.directory().toString()));
        if (program.release() != null) {
            group.put("release", YamlText.quoted(program.release().link().toString()));
        }
        env(program);
        ProcessSettings.add(program, group);
        JobSpec job = program.job();
        if (job != null) {
            group.put("kind", "job");
            group.putIfSet("timeout", time(job.timeout()));
            group.put("retries", job.retries());
            schedule(job.schedule());
        }
        group.put("workers", program.workers());
        sockets(program);
        LifecycleSettings.add(program, group);
        group.put("logs", logs(program.logs()));
        managerLink(program.managerLink());
        monitoring(program.monitoring());
        if (program.startedByHand() && program.schedule() == null) {
            group.put("start", "manual");
        }
        if (!program.after().isEmpty()) {
            group.put("after", LifecycleSettings.dependencies(program));
        }
    }

    private void schedule(@Nullable ScheduleSpec schedule) {
        if (schedule != null) {
            group.put("schedule", YamlText.quoted(schedule.times()));
            group.putIfSet(
                    "time-zone", schedule.zone() == null ? null : YamlText.quoted(schedule.zone()));
            group.put("overlap", ConfigShape.word(schedule.overlap()));
            group.put("jitter", Durations.print(schedule.jitter()));
            group.put("catch-up", schedule.catchUp());
        }
    }

    private void env(ProgramSpec program) {
        if (!program.env().isEmpty()) {
            SettingGroup below = group.group("env");
            program.env().forEach((name, value) -> below.put(name, YamlText.quoted(value)));
        }
        group.items(
                "drop-env",
                program.dropEnv().stream()
                        .map(name -> new Item(null, YamlText.quoted(name)))
                        .toList());
    }

    private void sockets(ProgramSpec program) {
        group.items(
                "bind",
                program.sockets().stream()
                        .map(
                                socket ->
                                        new Item(
                                                socket.name(),
                                                SocketSettings.of(socket).toString()))
                        .toList());
        if (program.stdin() != null) {
            group.put("stdin", YamlText.quoted(program.stdin()));
        }
        List<SocketProtocol> protocols =
                Arrays.stream(SocketProtocol.values())
                        .filter(program.protocols()::contains)
                        .toList();
        if (!protocols.isEmpty()) {
            group.put("protocols", YamlText.list(protocols, ConfigShape::word));
        }
    }

    private static String logs(LogsSpec logs) {
        return switch (logs) {
            case LogsSpec.Inherit _ -> "inherit";
            case LogsSpec.Discard _ -> "null";
            case LogsSpec.Journal _ -> "journal";
            case LogsSpec.ToFile file -> path(file.path());
            case LogsSpec.Kept kept -> rotated(kept);
        };
    }

    private static String path(Path path) {
        return YamlText.quoted(TextTemplate.of(path.toString()));
    }

    private static String rotated(LogsSpec.Kept kept) {
        InlineMap map = new InlineMap().put("to", path(kept.path()));
        if (kept.maxBytes() > 0) {
            map.put("max-size", kept.maxBytes());
        }
        map.putIfSet("max-age", time(kept.maxAge()));
        if (kept.maxBytes() > 0 || kept.maxAge() != null) {
            map.put("keep", kept.keep()).put("compress", kept.compress());
        }
        if (!kept.prefix().isEmpty()) {
            map.put("prefix", YamlText.list(kept.prefix(), ConfigShape::word));
        }
        return map.toString();
    }

    /// Adds settings that differ from the defaults, which nearly every program has.
    private void managerLink(ManagerLinkSpec link) {
        if (link.workerSocket() != ManagerLinkSpec.DEFAULT.workerSocket()) {
            group.put("worker-socket", ConfigShape.word(link.workerSocket()));
        }
        if (link.descriptor() != ManagerLinkSpec.DEFAULT.descriptor()) {
            group.put("worker-socket-fd", link.descriptor());
        }
        if (link.outlive() != ManagerLinkSpec.DEFAULT.outlive()) {
            group.put("on-manager-death", ConfigShape.word(OnManagerDeath.of(link.outlive())));
        }
    }

    private void monitoring(MonitoringSpec monitoring) {
        if (monitoring.health() != null) {
            group.put("health", LifecycleSettings.health(monitoring.health()));
        }
        group.putIfSet("watchdog", time(monitoring.watchdog()));
        group.putIfSet("max-age", time(monitoring.maxAge()));
        group.putIfSet("memory-max", monitoring.memoryMax());
    }

    private static @Nullable String time(@Nullable Duration time) {
        return time == null ? null : Durations.print(time);
    }
}
