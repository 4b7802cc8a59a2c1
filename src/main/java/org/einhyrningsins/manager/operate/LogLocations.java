// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.LogPlace;
import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.posix.file.PathReach;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Tells where the output of a program's workers is to be read.
final class LogLocations {
    private LogLocations() {}

    /// @param slots only these; null for all
    static List<LogPlace> of(Program program, @Nullable Set<Integer> slots) throws UsageException {
        String name = program.name();
        LogsSpec logs = program.serving().spec().logs();
        return switch (logs) {
            case LogsSpec.Inherit ignored ->
                    nowhere(
                            name,
                            "writes where the manager itself does (logs: inherit); 'logs: FILE'"
                                    + " gives it a file");
            case LogsSpec.Discard ignored ->
                    nowhere(name, "writes to nowhere (logs: null); 'logs: FILE' gives it a file");
            case LogsSpec.Journal ignored ->
                    nowhere(name, "writes to the journal; 'journalctl -t " + name + "' shows it");
            case LogsSpec.ToFile file -> files(program, slots, file, List.of());
            case LogsSpec.Kept kept -> files(program, slots, kept, words(kept));
        };
    }

    /// The same places, each with the other ones of all programs that write to the same file.
    static List<LogPlace> withOthers(List<LogPlace> places, List<Program> all) {
        Map<Path, Set<String>> writers = new HashMap<>();
        for (Program program : all) {
            LogsSpec logs = program.serving().spec().logs();
            for (int slot : all(program)) {
                Path file = logs.file(slot);
                if (file != null) {
                    writers.computeIfAbsent(real(file), _ -> new TreeSet<>()).add(program.name());
                }
            }
        }
        List<LogPlace> told = new ArrayList<>();
        for (LogPlace place : places) {
            if (place.file() == null) {
                told.add(place);
                continue;
            }
            List<String> others =
                    new ArrayList<>(writers.getOrDefault(real(Path.of(place.file())), Set.of()));
            others.remove(place.program());
            told.add(place.withOthers(others));
        }
        return told;
    }

    /// The same for every name of one file.
    private static Path real(Path file) {
        try {
            // who could hold up the look is not looked at
            return PathReach.isLedByOthers(file) ? file.normalize() : file.toRealPath();
        } catch (IOException nothingThere) {
            return file;
        }
    }

    private static List<LogPlace> nowhere(String program, String why) {
        return List.of(
                new LogPlace(
                        program,
                        CommandTarget.WHOLE,
                        null,
                        List.of(),
                        true,
                        List.of(),
                        "'" + program + "' " + why));
    }

    private static List<String> words(LogsSpec.Kept kept) {
        List<String> words = new ArrayList<>();
        kept.prefix().forEach(word -> words.add(word.name().toLowerCase(Locale.ROOT)));
        return words;
    }

    private static List<LogPlace> files(
            Program program, @Nullable Set<Integer> slots, LogsSpec logs, List<String> prefix)
            throws UsageException {
        String name = program.name();
        List<LogPlace> places = new ArrayList<>();
        boolean shared = String.valueOf(logs.file(0)).equals(String.valueOf(logs.file(1)));
        if (shared && slots == null) {
            places.add(place(name, CommandTarget.WHOLE, logs.file(0), prefix, true));
            return places;
        }
        if (shared && !prefix.contains("slot") && program.count() > 1) {
            throw new UsageException(
                    "the workers of '"
                            + name
                            + "' write to one file, "
                            + logs.file(0)
                            + ", which does not say who wrote what; a name with %s, or prefix:"
                            + " [slot], tells them apart");
        }
        for (int slot : slots == null ? all(program) : slots) {
            boolean others = shared && program.count() > 1;
            places.add(place(name, slot, logs.file(slot), prefix, others));
        }
        return places;
    }

    private static Set<Integer> all(Program program) {
        Set<Integer> all = new TreeSet<>();
        for (int slot = 0; slot < program.count(); slot++) {
            all.add(slot);
        }
        return all;
    }

    private static LogPlace place(
            String program, int slot, @Nullable Path file, List<String> prefix, boolean shared) {
        return new LogPlace(program, slot, String.valueOf(file), prefix, shared, List.of(), "");
    }

    /// The same for people, a line for each.
    static String text(List<LogPlace> places) {
        StringBuilder text = new StringBuilder();
        for (LogPlace place : places) {
            text.append(text.isEmpty() ? "" : "\n");
            text.append(place.file() == null ? place.why() : place.label() + " " + place.file());
        }
        return text.toString();
    }
}
