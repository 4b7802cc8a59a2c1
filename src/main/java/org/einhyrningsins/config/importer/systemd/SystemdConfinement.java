// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.print.Printer;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.value.Cpus;
import org.einhyrningsins.spec.Capability;
import org.einhyrningsins.spec.SchedulingSpec.IoClass;
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
    private final DraftProgram program;
    private final boolean hasUser;

    /// @param hasUser whether its processes run as another user than root
    SystemdConfinement(SystemdSettings settings, DraftProgram program, boolean hasUser) {
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

    /// Only files can be named here; systemd can also take them from its own, and decrypt them.
    private void credentials() {
        List<String> files = new ArrayList<>();
        for (Setting setting : settings.list("LoadCredential")) {
            String text = settings.specified(setting);
            String[] parts = text == null ? new String[0] : text.split(":", 2);
            if (parts.length == 2 && parts[1].startsWith("/")) {
                files.add(Printer.quoted(parts[0]) + ": " + Printer.quoted(parts[1]));
            } else {
                program.lost("credentials", setting, "it names no file");
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
        Setting setting = settings.last("NoNewPrivileges");
        if (setting == null) {
            if (hasUser) {
                String why = "for sudo or setuid programs in it, no-new-privs: false";
                program.say("user", "its workers can gain no privileges; " + why);
            }
            return hasUser;
        }
        boolean taken = setting.isTrue();
        if (taken == hasUser) {
            program.same(setting, "as it is here");
        } else {
            program.set(PRIVILEGES, Boolean.toString(taken));
        }
        return taken;
    }

    // ---- capabilities

    private void capabilities(boolean gains) {
        List<Setting> ambient = settings.section().takeAll("AmbientCapabilities"::equals);
        List<Setting> bounding = settings.section().takeAll(BOUNDING::equals);
        Set<Capability> bounds = set(bounding, EnumSet.allOf(Capability.class));
        if (hasUser) {
            Set<Capability> given = set(ambient, EnumSet.noneOf(Capability.class));
            given.retainAll(bounds);
            if (!given.isEmpty()) {
                program.set(CAPABILITIES, text(given));
            }
            bounding.forEach(setting -> boundsAnother(setting, gains, given.equals(bounds)));
        } else {
            ambient.forEach(setting -> program.same(setting, "root has them"));
            if (!bounding.isEmpty()) {
                program.set(CAPABILITIES, text(bounds));
            }
        }
    }

    /// Of who runs as another user, the set bounds nothing but what it could gain.
    private void boundsAnother(Setting setting, boolean gains, boolean alike) {
        if (gains && !alike) {
            String bound = program.has(CAPABILITIES) ? "no more than these" : "all that there is";
            program.differs(PRIVILEGES, setting, "a program like sudo gives " + bound);
        } else {
            program.same(setting, "its workers have no others, and can gain none");
        }
    }

    /// By systemd's rules: lists add up, an empty one takes all back, one with `~` is taken out.
    ///
    /// @param unset what it is if nothing is said
    private Set<Capability> set(List<Setting> settings, Set<Capability> unset) {
        Set<Capability> set = EnumSet.noneOf(Capability.class);
        boolean begun = false;
        for (Setting setting : settings) {
            String value = setting.value();
            boolean inverted = value.startsWith("~");
            Set<Capability> named = named(setting, inverted ? value.substring(1) : value);
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

    private Set<Capability> named(Setting setting, String names) {
        Set<Capability> named = EnumSet.noneOf(Capability.class);
        for (String word : names.strip().split("\\s+", -1)) {
            String name = word.toUpperCase(Locale.ROOT).replaceFirst("^CAP_", "");
            try {
                named.add(Capability.valueOf(name));
            } catch (IllegalArgumentException e) {
                if (!name.isEmpty()) {
                    program.lost(CAPABILITIES, setting.withValue(word), "no such capability");
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
        for (Setting setting : settings.list("CPUAffinity")) {
            try {
                cpus.addAll(Cpus.parse(setting.value().strip().replaceAll("[\\s,]+", ",")));
            } catch (Misread e) {
                program.lost("cpus", setting, e.reason());
            }
        }
        if (!cpus.isEmpty()) {
            program.set("cpus", Cpus.print(cpus.stream().sorted().distinct().toList()));
        }
    }

    private void io() {
        Setting setting = settings.last("IOSchedulingClass");
        Setting priority = settings.last("IOSchedulingPriority");
        Integer level = priority == null ? null : program.number("io-class", priority, 0, 7);
        IoClass.Kind kind = setting == null ? IoClass.Kind.BEST_EFFORT : kind(setting);
        if ((setting == null && level == null) || kind == null) {
            return;
        }
        boolean idle = kind == IoClass.Kind.IDLE;
        program.set("io-class", Shape.word(kind) + (idle ? "" : ":" + (level == null ? 4 : level)));
    }

    private IoClass.@Nullable Kind kind(Setting setting) {
        return switch (setting.value()) {
            case "realtime", "1" -> IoClass.Kind.REALTIME;
            case "best-effort", "2" -> IoClass.Kind.BEST_EFFORT;
            case "idle", "3" -> IoClass.Kind.IDLE;
            case "none", "0" -> {
                program.same(setting, "as it is here");
                yield null;
            }
            default -> {
                program.lost("io-class", setting, "no such class");
                yield null;
            }
        };
    }
}
