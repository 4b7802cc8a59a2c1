// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignFiles;
import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.importer.UnitText;
import org.einhyrningsins.config.source.ImportFormat;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.ImportComments;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Imports `.service` and `.socket` units of systemd, with the drop-ins beside them: a service
/// becomes a program, and a socket unit its sockets.
public final class SystemdImporter {
    /// A unit with all that its drop-ins add.
    record Unit(String name, SourcePosition place, SequencedMap<String, ForeignSection> sections) {
        /// Returns its name without `.service`.
        String stem() {
            int dot = name.lastIndexOf('.');
            return dot < 0 ? name : name.substring(0, dot);
        }

        boolean isService() {
            return name.endsWith(".service");
        }

        boolean isSocket() {
            return name.endsWith(".socket");
        }

        ForeignSection section(String title) {
            ForeignSection foreignSection = sections.get(title);
            return foreignSection == null ? new ForeignSection(title, place) : foreignSection;
        }

        SystemdValues text() {
            return new SystemdValues(name);
        }
    }

    public ImportedServices read(List<SourceText> sources) throws ImportException {
        List<Unit> units = new ArrayList<>();
        ImportedServices draft = new ImportedServices("systemd", sources.getFirst().file());
        draft.comment(
                "Workers inherit the manager's environment; a service of systemd has PATH, LANG and"
                        + " what its unit says. SIGPIPE is ignored there, unless the unit says"
                        + " otherwise, and not here.");
        for (SourceText sourceText : sources) {
            Unit unit = unit(sourceText, draft);
            if (units.stream().anyMatch(other -> other.name().equals(unit.name()))) {
                draft.remark(ImportComments.Kind.LOST, sourceText.file(), "given twice");
            } else {
                units.add(unit);
            }
        }
        Map<Unit, List<Unit>> sockets = new LinkedHashMap<>();
        SequencedMap<String, ImportedProgram> programs = new LinkedHashMap<>();
        for (Unit unit : units) {
            if (unit.isService()) {
                programs.put(unit.name(), draft.program(unit.stem().replaceFirst("@$", "")));
                sockets.put(unit, new ArrayList<>());
            }
        }
        for (Unit socket : units) {
            if (socket.isSocket()) {
                socket(socket, units, sockets, draft);
            }
        }
        Set<Unit> wanted = new HashSet<>(units);
        wanted.removeIf(unit -> !isWanted(unit, units)); // before any of it is taken
        Map<Unit, Unit> timers = new LinkedHashMap<>();
        for (Unit unit : units) {
            Unit timer = unit.isService() ? timer(unit, units) : null;
            if (timer != null) {
                timers.put(unit, timer);
            }
            if (programs.containsKey(unit.name())) {
                new SystemdRelations(unit, units, programs).writeOrder();
            }
        }
        for (Unit unit : units) {
            ImportedProgram program = programs.get(unit.name());
            if (program != null) {
                ForeignSetting description = unit.section("Unit").take("Description");
                if (description != null && !description.value().isEmpty()) {
                    program.comment(described(unit, description.value()));
                }
                SystemdService service = new SystemdService(unit, programs.keySet(), program);
                service.write(
                        sockets.getOrDefault(unit, List.of()),
                        timers.get(unit),
                        wanted.contains(unit));
                new SystemdRelations(unit, units, programs).writeBonds();
                service.writeRest();
            }
        }
        for (Unit unit : units) {
            if (!unit.isService() && !unit.isSocket() && !timers.containsValue(unit)) {
                lost(unit, "only services and their sockets are run", draft);
            }
        }
        return draft;
    }

    private static String described(Unit unit, String text) {
        try {
            return unit.text().specified(text);
        } catch (ValueException _) {
            // a description is for a person
            return text;
        }
    }

    private static void socket(
            Unit socket, List<Unit> units, Map<Unit, List<Unit>> sockets, ImportedServices draft) {
        List<Unit> services = services(socket, units);
        if (services.isEmpty()) {
            lost(socket, "its service is not among the files given", draft);
        }
        services.forEach(service -> sockets.getOrDefault(service, new ArrayList<>()).add(socket));
    }

    /// True if another service of the import has it started.
    private static boolean isWanted(Unit service, List<Unit> units) {
        for (Unit unit : units) {
            for (String key : List.of("Wants", "Requires", "BindsTo", "Upholds")) {
                for (ForeignSetting foreignSetting : unit.section("Unit").lookAll(key)) {
                    List<String> names = List.of(foreignSetting.value().split("\\s+", -1));
                    if (unit.isService()
                            && !unit.equals(service)
                            && names.contains(service.name())) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /// The timer that starts a service: one that is given, or that is beside it.
    private static @Nullable Unit timer(Unit service, List<Unit> units) {
        for (Unit unit : units) {
            ForeignSetting named = unit.section("Timer").look("Unit");
            String wanted = named == null ? unit.stem() + ".service" : named.value();
            if (unit.name().endsWith(".timer") && wanted.equals(service.name())) {
                return unit;
            }
        }
        Path beside =
                ForeignFiles.folder(service.place().source().file())
                        .resolve(service.stem() + ".timer");
        return isReadable(beside)
                ? new Unit(service.stem() + ".timer", service.place(), new LinkedHashMap<>())
                : null;
    }

    private static Unit unit(SourceText sourceText, ImportedServices draft) throws ImportException {
        String named = String.valueOf(sourceText.file().getFileName());
        SequencedMap<String, ForeignSection> sections = UnitText.read(sourceText);
        String kind =
                sections.containsKey("Socket")
                        ? ".socket"
                        : sections.containsKey("Timer") ? ".timer" : ".service";
        String name =
                named.matches(".*[.](" + ImportFormat.UNIT_KINDS + ")")
                        ? named
                        : named.replaceFirst("[.][^.]*$", "") + kind;
        for (Path dropIn : SystemdDropIns.of(sourceText.file(), named)) {
            UnitText.read(ForeignFiles.source(dropIn), sections);
            draft.comment("Read too: " + dropIn);
        }
        return new Unit(name, new SourcePosition(sourceText, 0, 1, ""), sections);
    }

    /// The one it names, the one of its name, and those that name it. One that accepts belongs to
    /// the instances of a template.
    private static List<Unit> services(Unit socket, List<Unit> units) {
        ForeignSetting named = socket.section("Socket").look("Service");
        String usual = socket.stem() + (isAccepting(socket) ? "@.service" : ".service");
        String wanted = named == null ? usual : named.value();
        List<Unit> services = new ArrayList<>();
        for (Unit unit : units) {
            ForeignSetting sockets = unit.section("Service").look("Sockets");
            boolean takes =
                    sockets != null
                            && List.of(sockets.value().split("\\s+", -1)).contains(socket.name());
            boolean isInstance =
                    wanted.endsWith("@.service")
                            && unit.name().startsWith(wanted.replace(".service", ""));
            if (unit.isService() && (unit.name().equals(wanted) || takes || isInstance)) {
                services.add(unit);
            }
        }
        return services;
    }

    /// True if a process is started for each connection; the last such line counts.
    static boolean isAccepting(Unit socket) {
        boolean accepts = false;
        for (ForeignSetting foreignSetting : socket.section("Socket").lookAll("Accept")) {
            accepts = foreignSetting.isTrue();
        }
        return accepts;
    }

    private static void lost(Unit unit, String why, ImportedServices draft) {
        for (ForeignSection foreignSection : unit.sections().values()) {
            draft.lostWhole(foreignSection, why);
        }
        if (unit.sections().isEmpty()) {
            draft.remark(ImportComments.Kind.LOST, unit.place().source().file(), "it is empty");
        }
    }

    /// True if the file exists and can be read.
    static boolean isReadable(Path file) {
        return Files.isRegularFile(file) && Files.isReadable(file);
    }
}
