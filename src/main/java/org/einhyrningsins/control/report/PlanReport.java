// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// Effects of a reload: the answer to `plan`.
///
/// @param definition source of the programs
/// @param settings changes of settings that belong to no program
/// @param objections reasons why a reload would be refused, in words; empty if it would not
public record PlanReport(
        String definition,
        List<SettingPlan> settings,
        List<ProgramPlan> programs,
        List<SocketPlan> sockets,
        List<String> objections)
        implements ReplyData {
    public PlanReport {
        settings = List.copyOf(settings);
        programs = List.copyOf(programs);
        sockets = List.copyOf(sockets);
        objections = List.copyOf(objections);
    }

    /// Change of a program or socket, in one word.
    public enum Word {
        ADDED,
        REMOVED,
        UNCHANGED,
        NOTED,
        IN_PLACE,
        BACK,
        ROLLED,
        REFUSED,
        KEPT,
        OPENED,
        CLOSED;

        /// Returns the word for people and the wire.
        public String word() {
            return switch (this) {
                case ADDED -> "added";
                case REMOVED -> "removed";
                case UNCHANGED -> "unchanged";
                case NOTED -> "noted";
                case IN_PLACE -> "in-place";
                case BACK -> "back";
                case ROLLED -> "rolled";
                case REFUSED -> "refused";
                case KEPT -> "kept";
                case OPENED -> "opened";
                case CLOSED -> "closed";
            };
        }
    }

    /// Change of one program.
    ///
    /// @param workers number of workers wanted after it; of a program that is removed, number
    ///   wanted now
    /// @param more number of additional workers, of one that runs and stays; negative for fewer; of
    ///   a new one, the negative number that is not started because of operator overrides
    public record ProgramPlan(
            String name,
            Word change,
            int workers,
            int more,
            List<KeyPlan> keys,
            List<String> notes) {
        public ProgramPlan {
            keys = List.copyOf(keys);
            notes = List.copyOf(notes);
        }

        /// Makes the plan of a program whose number of workers stays.
        public ProgramPlan(
                String name, Word change, int workers, List<KeyPlan> keys, List<String> notes) {
            this(name, change, workers, 0, keys, notes);
        }
    }

    /// A key that changes.
    ///
    /// @param before null if it was not set
    /// @param after null if it will not be set
    /// @param hidden the values are not shown
    /// @param rolls workers have to be replaced for it
    public record KeyPlan(
            String key,
            @Nullable String before,
            @Nullable String after,
            boolean hidden,
            boolean rolls) {}

    /// A key that changes and is no program's.
    ///
    /// @param before null if it was not set
    /// @param after null if it will not be set
    /// @param atStart a reload does not take it over, but the next manager that is started does
    public record SettingPlan(
            String key, @Nullable String before, @Nullable String after, boolean atStart) {}

    /// Change of one socket.
    ///
    /// @param from as in `web/http`; null for a new one
    /// @param to null for one that is closed
    public record SocketPlan(
            String address, Word change, @Nullable String from, @Nullable String to) {}

    /// True if a reload would change nothing.
    public boolean isEmpty() {
        return count(Word.UNCHANGED) == programs.size() && changedSettings() == 0;
    }

    /// Returns the number of settings that a reload would put in force.
    int changedSettings() {
        int count = 0;
        for (SettingPlan setting : settings) {
            count += setting.atStart() ? 0 : 1;
        }
        return count;
    }

    /// Returns the number of programs and sockets with that change.
    int count(Word word) {
        int count = 0;
        for (ProgramPlan program : programs) {
            count += program.change() == word ? 1 : 0;
        }
        for (SocketPlan socket : sockets) {
            count += socket.change() == word ? 1 : 0;
        }
        return count;
    }
}
