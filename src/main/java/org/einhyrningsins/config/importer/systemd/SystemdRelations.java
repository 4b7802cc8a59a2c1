// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.systemd.SystemdImporter.Unit;
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
    private final SequencedMap<String, ImportedProgram> programs;
    private final ImportedProgram program;

    /// @param programs by the names of their units
    SystemdRelations(Unit unit, List<Unit> units, SequencedMap<String, ImportedProgram> programs) {
        this.unit = unit;
        this.units = units;
        this.programs = programs;
        this.program = Objects.requireNonNull(programs.get(unit.name()));
    }

    /// Writes the order, which the rest depends on.
    void writeOrder() {
        write(List.of("After", "Before"));
    }

    /// Writes what else binds it to others.
    void writeBonds() {
        write(List.of("Wants", "Requires", "Requisite", "BindsTo", "PartOf", "Upholds"));
    }

    private void write(List<String> keys) {
        SystemdSettings settings = new SystemdSettings(unit.section("Unit"), unit.text(), program);
        for (String key : keys) {
            for (ForeignSetting foreignSetting : settings.list(key)) {
                String names = settings.specified(foreignSetting);
                for (String name : names == null ? new String[0] : names.split("\\s+", -1)) {
                    relation(foreignSetting.withValue(name));
                }
            }
        }
    }

    private void relation(ForeignSetting foreignSetting) {
        String name = foreignSetting.value();
        ImportedProgram other = programs.get(name);
        if (name.equals(unit.name())) {
            program.same(foreignSetting, "the unit itself");
        } else if (name.endsWith(".target")) {
            program.same(foreignSetting, TARGET);
        } else if (other != null) {
            known(foreignSetting, other);
        } else if (isSocket(name)) {
            program.same(foreignSetting, "sockets are bound before the first worker starts");
        } else {
            program.lost(foreignSetting, STRANGER);
        }
    }

    private void known(ForeignSetting foreignSetting, ImportedProgram other) {
        switch (foreignSetting.key()) {
            case "After" -> order(foreignSetting, program, other);
            case "Before" -> order(foreignSetting, other, program);
            case "Wants" -> program.same(foreignSetting, "it is started with the manager, too");
            case "Requires", "BindsTo", "PartOf" -> bond(foreignSetting, other);
            default -> program.lost(foreignSetting, "each is started and stopped by itself");
        }
    }

    /// systemd passes a restart on to such a unit, and a stop as well; a job is not restarted.
    private void bond(ForeignSetting foreignSetting, ImportedProgram other) {
        if (program.after().contains(other.name()) && !program.isJob()) {
            program.restartWith(other.name());
            String how = "restarted when " + other.name() + " was, but not stopped with it";
            program.differs("after", foreignSetting, how);
        } else {
            program.lost(foreignSetting, "each is started and stopped by itself");
        }
    }

    private void order(
            ForeignSetting foreignSetting, ImportedProgram later, ImportedProgram earlier) {
        if (program.file().comesAfter(later.name(), earlier.name())) {
            later.after(earlier.name());
            program.comment("after", foreignSetting, "carried over");
        } else {
            program.lost("after", foreignSetting, "they wait for each other");
        }
    }

    private boolean isSocket(@Nullable String name) {
        return units.stream().anyMatch(other -> other.isSocket() && other.name().equals(name));
    }
}
