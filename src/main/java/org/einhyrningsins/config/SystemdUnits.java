// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Imports `.service` and `.socket` units of systemd, with the drop-ins beside them: a service
/// becomes a program, and a socket unit its sockets.
final class SystemdUnits {
    /// A unit with all that its drop-ins add.
    record Unit(String name, Place place, SequencedMap<String, Section> sections) {
        /// Its name without `.service`.
        String stem() {
            int dot = name.lastIndexOf('.');
            return dot < 0 ? name : name.substring(0, dot);
        }

        boolean isSocket() {
            return name.endsWith(".socket");
        }

        Section section(String title) {
            Section section = sections.get(title);
            return section == null ? new Section(title, place) : section;
        }

        SystemdText text() {
            return new SystemdText(name);
        }
    }

    Imported read(List<Source> sources) throws Unimportable {
        List<Unit> units = new ArrayList<>();
        DraftFile draft = new DraftFile("systemd", sources.getFirst().file());
        for (Source source : sources) {
            units.add(unit(source, draft));
        }
        SequencedMap<String, List<Unit>> sockets = socketsByService(units, draft);
        List<String> services = new ArrayList<>();
        for (Unit unit : units) {
            if (!unit.isSocket()) {
                services.add(unit.name());
            }
        }
        SequencedMap<String, DraftProgram> programs = new LinkedHashMap<>();
        for (Unit unit : units) {
            if (!unit.isSocket() && !programs.containsKey(unit.name())) {
                DraftProgram program = draft.program(unit.stem());
                programs.put(unit.name(), program);
                new SystemdService(unit, services, program)
                        .write(sockets.getOrDefault(unit.name(), List.of()));
            } else if (!unit.isSocket()) {
                draft.say("not carried over: " + unit.place().source().file() + " (given twice)");
            }
        }
        return draft.print();
    }

    private static Unit unit(Source source, DraftFile draft) throws Unimportable {
        Path file = source.file();
        String named = String.valueOf(file.getFileName());
        boolean unit = named.endsWith(".service") || named.endsWith(".socket");
        SequencedMap<String, Section> sections = UnitText.read(source);
        String kind = sections.containsKey("Socket") ? ".socket" : ".service";
        String name = unit ? named : named.replaceFirst("[.][^.]*$", "") + kind;
        for (Path dropIn :
                SupervisordFile.matching(
                        Importer.folder(file),
                        named.replaceAll("[\\[*?\\\\]", "?") + ".d/*.conf")) {
            UnitText.read(Importer.source(dropIn), sections);
            draft.say("Read too: " + dropIn);
        }
        return new Unit(name, new Place(source, 0, 1, ""), sections);
    }

    /// Which sockets a service is given; a socket unit that no service takes is commented on.
    private static SequencedMap<String, List<Unit>> socketsByService(
            List<Unit> units, DraftFile draft) {
        SequencedMap<String, List<Unit>> sockets = new LinkedHashMap<>();
        for (Unit socket : units) {
            if (!socket.isSocket()) {
                continue;
            }
            Unit service = service(socket, units);
            if (isAccepting(socket)) {
                lost(
                        socket,
                        "Accept=yes, a process for each connection, is not done; the program has to"
                                + " accept by itself",
                        draft);
            } else if (service == null) {
                lost(socket, "its service is not among the files given", draft);
            } else {
                sockets.computeIfAbsent(service.name(), _ -> new ArrayList<>()).add(socket);
            }
        }
        return sockets;
    }

    private static boolean isAccepting(Unit socket) {
        Setting accept = socket.section("Socket").look("Accept");
        return accept != null && accept.isTrue();
    }

    /// The one it names, the one that names it, or the one of its name.
    private static @Nullable Unit service(Unit socket, List<Unit> units) {
        Setting named = socket.section("Socket").look("Service");
        String wanted = named == null ? socket.stem() + ".service" : named.value();
        for (Unit unit : units) {
            Setting sockets = unit.section("Service").look("Sockets");
            boolean takes =
                    sockets != null
                            && List.of(sockets.value().split("\\s+", -1)).contains(socket.name());
            if (!unit.isSocket() && (unit.name().equals(wanted) || takes)) {
                return unit;
            }
        }
        return null;
    }

    private static void lost(Unit unit, String why, DraftFile draft) {
        for (Section section : unit.sections().values()) {
            draft.lostWhole(section, why);
        }
        if (unit.sections().isEmpty()) {
            draft.say("not carried over: " + unit.place().source().file() + " (it is empty)");
        }
    }

    /// Whether a file is there to be read.
    static boolean isReadable(Path file) {
        return Files.isRegularFile(file) && Files.isReadable(file);
    }
}
