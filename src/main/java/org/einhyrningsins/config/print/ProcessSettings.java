// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.config.print.SettingValue.Item;
import org.einhyrningsins.config.read.SchedulingReader;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.CpuList;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.DirectorySpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.einhyrningsins.spec.process.SandboxSpec;
import org.einhyrningsins.spec.process.SchedulingSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// The settings of a worker as a process: user, limits, rights, and what it may use.
final class ProcessSettings {
    private final SettingGroup group;

    private ProcessSettings(SettingGroup group) {
        this.group = group;
    }

    static void add(ProgramSpec program, SettingGroup group) {
        ProcessSettings settings = new ProcessSettings(group);
        ConfinementSpec confinement = program.identity().confinement();
        settings.identity(program.identity());
        settings.confinement(confinement);
        settings.cgroup(confinement.cgroup(), program.monitoring().together());
    }

    private void identity(ProcessIdentitySpec identity) {
        if (identity.user() != null) {
            group.put("user", YamlText.quoted(identity.user()));
        }
        if (identity.group() != null) {
            group.put("group", YamlText.quoted(identity.group()));
        }
        if (identity.umask() != null) {
            group.put("umask", YamlText.octal(identity.umask()));
        }
        group.putIfSet("nice", identity.nice());
        if (!identity.limits().isEmpty()) {
            SettingGroup limits = group.group("limits");
            for (Resource resource : Resource.values()) {
                Limit limit = identity.limits().get(resource);
                if (limit != null) {
                    String amounts = amount(limit.soft()) + ":" + amount(limit.hard());
                    limits.put(ConfigShape.word(resource), '"' + amounts + '"');
                }
            }
        }
    }

    private static String amount(long limit) {
        return limit == Limit.UNLIMITED ? "unlimited" : Long.toString(limit);
    }

    private void confinement(ConfinementSpec confinement) {
        group.putIfSet("no-new-privs", confinement.noNewPrivs());
        group.putIfSet("capabilities", confinement.capabilities());
        SchedulingSpec scheduling = confinement.scheduling();
        group.putIfSet("oom-score-adj", scheduling.oomScoreAdj());
        if (!scheduling.cpus().isEmpty()) {
            group.put("cpus", CpuList.print(scheduling.cpus()));
        }
        if (scheduling.ioClass() != null) {
            group.put("io-class", SchedulingReader.print(scheduling.ioClass()));
        }
        directories(confinement.directories());
        sandbox(confinement.sandbox());
        if (!confinement.credentials().isEmpty()) {
            SettingGroup credentials = group.group("credentials");
            confinement.credentials().forEach((name, path) -> credentials.put(name, quoted(path)));
        }
    }

    private void directories(List<DirectorySpec> directories) {
        group.items(
                "directories",
                directories.stream()
                        .map(
                                directory ->
                                        new InlineMap()
                                                .put("path", quoted(directory.path()))
                                                .put("mode", YamlText.octal(directory.mode())))
                        .map(map -> new Item(null, map.toString()))
                        .toList());
    }

    private void sandbox(@Nullable SandboxSpec sandbox) {
        if (sandbox != null) {
            SettingGroup below = group.group("sandbox");
            below.put("read", YamlText.list(sandbox.read(), ProcessSettings::quoted));
            below.put("write", YamlText.list(sandbox.write(), ProcessSettings::quoted));
            below.putIfSet("connect", sandbox.connect());
            below.putIfSet("bind", sandbox.bind());
            if (!sandbox.scope().isEmpty()) {
                below.put("scope", YamlText.list(sandbox.scope(), ConfigShape::word));
            }
            below.put("required", sandbox.required());
        }
    }

    private static String quoted(Path path) {
        return YamlText.quoted(path.toString());
    }

    private void cgroup(@Nullable CgroupSpec worker, @Nullable CgroupSpec program) {
        if (worker == null && program == null) {
            return;
        }
        SettingGroup below = group.group("cgroup");
        if (worker != null) {
            limits(worker, below);
        }
        if (program != null) {
            limits(program, below.group("program"));
        }
    }

    private static void limits(CgroupSpec cgroup, SettingGroup group) {
        group.putIfSet("memory-max", cgroup.memoryMax());
        group.putIfSet("memory-high", cgroup.memoryHigh());
        group.putIfSet("cpu", cgroup.cpu() == null ? null : cgroup.cpu() + "%");
        group.putIfSet("tasks", cgroup.tasks());
        group.putIfSet("io-weight", cgroup.ioWeight());
    }
}
