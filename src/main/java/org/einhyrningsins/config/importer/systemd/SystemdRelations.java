// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.DraftProgram;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.importer.systemd.SystemdUnits.Unit;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;

/// Writes what a unit says of others: an order among those that are imported together. Source:
/// systemd.unit(5).
final class SystemdRelations {
    private static final String TARGET = "the manager's own unit starts when that is reached";
    private static final String STRANGER =
            "it is not among the files given; the manager's own unit can say so";

    private final Unit unit;
    private final List<Unit> units;
    private final SequencedMap<String, DraftProgram> programs;
    private final DraftProgram program;

    /// @param programs by the names of their units
    SystemdRelations(Unit unit, List<Unit> units, SequencedMap<String, DraftProgram> programs) {
        this.unit = unit;
        this.units = units;
        this.programs = programs;
        this.program = Objects.requireNonNull(programs.get(unit.name()));
    }

    void write() {
        SystemdSettings settings = new SystemdSettings(unit.section("Unit"), unit.text(), program);
        for (String key :
                List.of(
                        "After",
                        "Before",
                        "Wants",
                        "Requires",
                        "Requisite",
                        "BindsTo",
                        "PartOf",
                        "Upholds")) {
            for (Setting setting : settings.list(key)) {
                String names = settings.specified(setting);
                for (String name : names == null ? new String[0] : names.split("\\s+", -1)) {
                    relation(setting.withValue(name));
                }
            }
        }
    }

    private void relation(Setting setting) {
        String name = setting.value();
        DraftProgram other = programs.get(name);
        if (name.equals(unit.name())) {
            program.same(setting, "the unit itself");
        } else if (name.endsWith(".target")) {
            program.same(setting, TARGET);
        } else if (other != null) {
            known(setting, other);
        } else if (isSocket(name)) {
            program.same(setting, "sockets are bound before the first worker starts");
        } else {
            program.lost(setting, STRANGER);
        }
    }

    private void known(Setting setting, DraftProgram other) {
        switch (setting.key()) {
            case "After" -> order(setting, program, other);
            case "Before" -> order(setting, other, program);
            case "Wants" -> program.same(setting, "it is started with the manager, too");
            default -> program.lost(setting, "each is started and stopped by itself");
        }
    }

    private void order(Setting setting, DraftProgram later, DraftProgram earlier) {
        if (program.file().comesAfter(later.name(), earlier.name())) {
            later.after(earlier.name());
            program.say("after", setting, "carried over");
        } else {
            program.lost("after", setting, "they wait for each other");
        }
    }

    private boolean isSocket(@Nullable String name) {
        return units.stream().anyMatch(other -> other.isSocket() && other.name().equals(name));
    }
}
