// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.CpuList;
import org.einhyrningsins.spec.process.Capability;
import org.einhyrningsins.spec.process.SchedulingSpec.IoClass;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Writes what a unit of systemd takes from its processes, as far as there are keys of ours that
/// mean the same. Source: systemd.exec(5).
final class SystemdConfinement {
    private static final String PRIVILEGES = "no-new-privs";
    private static final String CAPABILITIES = "capabilities";
    private static final String BOUNDING = "CapabilityBoundingSet";

    private final SystemdSettings settings;
    private final ImportedProgram program;
    private final boolean hasUser;

    /// @param hasUser whether its processes run as another user than root
    SystemdConfinement(SystemdSettings settings, ImportedProgram program, boolean hasUser) {
        this.settings = settings;
        this.program = program;
        this.hasUser = hasUser;
    }

    void write() {
        boolean gains = !noNewPrivs();
        capabilities(gains);
        program.whole("oom-score-adj", settings.last("OOMScoreAdjust"), -1000, 1000);
        cpus();
        io();
        credentials();
    }

    /// Imports credentials. Only files can be named here; systemd can also take them from its own,
    /// and decrypt them.
    private void credentials() {
        List<String> files = new ArrayList<>();
        for (ForeignSetting foreignSetting : settings.list("LoadCredential")) {
            String text = settings.specified(foreignSetting);
            String[] parts = text == null ? new String[0] : text.split(":", 2);
            if (parts.length == 2 && parts[1].startsWith("/")) {
                files.add(YamlText.quoted(parts[0]) + ": " + YamlText.quoted(parts[1]));
            } else {
                program.lost("credentials", foreignSetting, "it names no file");
            }
        }
        if (!files.isEmpty()) {
            program.set("credentials", "{ " + String.join(", ", files) + " }");
        }
    }

    /// A program of ours with a user gains none unless it says so; a unit the other way about.
    ///
    /// @return whether its processes can gain no privileges
    private boolean noNewPrivs() {
        ForeignSetting foreignSetting = settings.last("NoNewPrivileges");
        if (foreignSetting == null) {
            if (hasUser) {
                String why = "for sudo or setuid programs in it, no-new-privs: false";
                program.comment("user", "its workers can gain no privileges; " + why);
            }
            return hasUser;
        }
        boolean taken = foreignSetting.isTrue();
        if (taken == hasUser) {
            program.same(foreignSetting, "as it is here");
        } else {
            program.set(PRIVILEGES, Boolean.toString(taken));
        }
        return taken;
    }

    // ---- capabilities

    private void capabilities(boolean gains) {
        List<ForeignSetting> ambient = settings.section().takeAll("AmbientCapabilities"::equals);
        List<ForeignSetting> bounding = settings.section().takeAll(BOUNDING::equals);
        Set<Capability> bounds = set(bounding, EnumSet.allOf(Capability.class));
        if (hasUser) {
            Set<Capability> given = set(ambient, EnumSet.noneOf(Capability.class));
            given.retainAll(bounds);
            if (!given.isEmpty()) {
                program.set(CAPABILITIES, text(given));
            }
            bounding.forEach(
                    foreignSetting -> boundsAnother(foreignSetting, gains, given.equals(bounds)));
        } else {
            ambient.forEach(foreignSetting -> program.same(foreignSetting, "root has them"));
            if (!bounding.isEmpty()) {
                program.set(CAPABILITIES, text(bounds));
            }
        }
    }

    /// Comments on the bounding set of a program that runs as another user: it limits only what the
    /// program could gain.
    private void boundsAnother(ForeignSetting foreignSetting, boolean gains, boolean alike) {
        if (gains && !alike) {
            String bound = program.has(CAPABILITIES) ? "no more than these" : "all that there is";
            program.differs(PRIVILEGES, foreignSetting, "a program like sudo gives " + bound);
        } else {
            program.same(foreignSetting, "its workers have no others, and can gain none");
        }
    }

    /// Returns a set by systemd's rules: lists add up, an empty one clears them, one with `~` is
    /// subtracted.
    ///
    /// @param unset the set if nothing is said
    private Set<Capability> set(List<ForeignSetting> settings, Set<Capability> unset) {
        Set<Capability> set = EnumSet.noneOf(Capability.class);
        boolean begun = false;
        for (ForeignSetting foreignSetting : settings) {
            String value = foreignSetting.value();
            boolean inverted = value.startsWith("~");
            Set<Capability> named = named(foreignSetting, inverted ? value.substring(1) : value);
            if (value.isEmpty()) {
                set.clear();
            } else if (!inverted) {
                set.addAll(named);
            } else {
                set.addAll(begun ? set : EnumSet.allOf(Capability.class));
                set.removeAll(named);
            }
            begun = !value.isEmpty();
        }
        return settings.isEmpty() ? unset : set;
    }

    private Set<Capability> named(ForeignSetting foreignSetting, String names) {
        Set<Capability> named = EnumSet.noneOf(Capability.class);
        for (String word : names.strip().split("\\s+", -1)) {
            String name = word.toUpperCase(Locale.ROOT).replaceFirst("^CAP_", "");
            try {
                named.add(Capability.valueOf(name));
            } catch (IllegalArgumentException e) {
                if (!name.isEmpty()) {
                    program.lost(
                            CAPABILITIES, foreignSetting.withValue(word), "no such capability");
                }
            }
        }
        return named;
    }

    private static String text(Set<Capability> capabilities) {
        return new ArrayList<>(capabilities).toString();
    }

    // ---- processors and disks

    private void cpus() {
        List<Integer> cpus = new ArrayList<>();
        for (ForeignSetting foreignSetting : settings.list("CPUAffinity")) {
            try {
                cpus.addAll(
                        CpuList.parse(foreignSetting.value().strip().replaceAll("[\\s,]+", ",")));
            } catch (ValueException e) {
                program.lost("cpus", foreignSetting, e.reason());
            }
        }
        if (!cpus.isEmpty()) {
            program.set("cpus", CpuList.print(cpus.stream().sorted().distinct().toList()));
        }
    }

    private void io() {
        ForeignSetting foreignSetting = settings.last("IOSchedulingClass");
        ForeignSetting priority = settings.last("IOSchedulingPriority");
        Integer level = priority == null ? null : program.number("io-class", priority, 0, 7);
        IoClass.Kind kind =
                foreignSetting == null ? IoClass.Kind.BEST_EFFORT : kind(foreignSetting);
        if ((foreignSetting == null && level == null) || kind == null) {
            return;
        }
        boolean idle = kind == IoClass.Kind.IDLE;
        program.set(
                "io-class",
                ConfigShape.word(kind) + (idle ? "" : ":" + (level == null ? 4 : level)));
    }

    private IoClass.@Nullable Kind kind(ForeignSetting foreignSetting) {
        return switch (foreignSetting.value()) {
            case "realtime", "1" -> IoClass.Kind.REALTIME;
            case "best-effort", "2" -> IoClass.Kind.BEST_EFFORT;
            case "idle", "3" -> IoClass.Kind.IDLE;
            case "none", "0" -> {
                program.same(foreignSetting, "as it is here");
                yield null;
            }
            default -> {
                program.lost("io-class", foreignSetting, "no such class");
                yield null;
            }
        };
    }
}
