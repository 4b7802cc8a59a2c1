// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.PlanText;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.plan.Inheritance;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.core.plan.SharedAddresses;
import org.einhyrningsins.core.plan.SocketHandover;
import org.einhyrningsins.core.plan.SocketMove;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Texts of a reload, for its answer and for the log.
final class ReloadMessages {
    private ReloadMessages() {}

    /// Notes for whoever asked, a line each: what changed that is no program's, what could not be
    /// changed, and what to look at. Empty for nothing.
    static String notes(ReloadPlan reloadPlan, ProgramTable programTable) {
        StringBuilder words = new StringBuilder();
        for (KeyDifference setting : reloadPlan.settings()) {
            words.append('\n').append(setting.words());
            words.append(setting.waitsForStart() ? "; " + PlanText.AT_START : "");
        }
        for (SocketMove move : reloadPlan.sockets()) {
            if (move.remark() != null && move.to() != null) {
                words.append('\n').append(move.to().program()).append(": ").append(move.remark());
            }
        }
        List<Program> others = new ArrayList<>(programTable.states().values());
        others.removeIf(program -> reloadPlan.changes().containsKey(program.name()));
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            ProgramSpec after = definitionChange.after();
            for (String shared :
                    after == null ? List.<String>of() : SharedAddresses.words(after, others)) {
                words.append('\n').append(definitionChange.program()).append(": ").append(shared);
            }
        }
        for (SocketHandover socketHandover : reloadPlan.handovers()) {
            DefinitionChange giver = reloadPlan.changes().get(socketHandover.giver());
            if (giver != null && giver.notes().contains(socketHandover.oneWay())) {
                words.append('\n')
                        .append(giver.program())
                        .append(": ")
                        .append(socketHandover.oneWay());
            }
        }
        return words.toString();
    }

    /// Settings that stay as an operator made them, a line for each program; empty for none.
    static String setByHand(ReloadPlan reloadPlan, ProgramTable programTable) {
        StringBuilder words = new StringBuilder();
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            ProgramHost host = programTable.get(definitionChange.program());
            ProgramSpec after = definitionChange.after();
            if (host == null || after == null) {
                continue;
            }
            if (reloadPlan.kept().containsKey(host.name())) {
                words.append('\n').append(host.name()).append(": ");
                words.append(definitionChange.notes().getLast());
            }
            if (!host.program().operatorOverride().withoutRollback().none()) {
                words.append('\n').append(host.name()).append(": stays as it was set by hand: ");
                words.append(host.program().operatorOverride().words(after.workers()));
                words.append("; 'reload --reset ").append(host.name()).append("' ends that");
            }
        }
        reloadPlan
                .inherited()
                .forEach((name, its) -> words.append(inherited(reloadPlan, name, its)));
        return words.toString();
    }

    private static String inherited(ReloadPlan reloadPlan, String name, Inheritance its) {
        DefinitionChange definitionChange = reloadPlan.changes().get(name);
        ProgramSpec after = definitionChange == null ? null : definitionChange.after();
        return "\n"
                + name
                + ": stays as "
                + its.from()
                + " was set by hand: "
                + its.intent().words(after == null ? 0 : after.workers())
                + "; 'reload --reset "
                + name
                + "' ends that";
    }

    /// Fate of a program: `changed (command), is rolled`.
    static String change(DefinitionChange definitionChange) {
        List<String> keys = new ArrayList<>();
        for (KeyDifference keyDifference : definitionChange.differences()) {
            keys.add(keyDifference.key());
        }
        String what = keys.isEmpty() ? "" : " (" + String.join(", ", keys) + ")";
        return switch (definitionChange.kind()) {
            case ADDED -> "new, is started";
            case REMOVED -> "no longer in the file, is stopped";
            case UNCHANGED -> "unchanged, as the file says again";
            case NOTED -> "changed" + what + ", no worker of it runs";
            case IN_PLACE -> "changed" + what + ", no worker needs to be replaced";
            case BACK ->
                    "back to the definition that serves"
                            + what
                            + ", workers of the newer one are replaced";
            case REFUSED -> "changed" + what + ", and failed before: not tried again";
            case ROLLED -> rolled(definitionChange, what);
        };
    }

    private static String rolled(DefinitionChange definitionChange, String what) {
        if (!definitionChange.differences().isEmpty()) {
            return "changed" + what + ", is rolled";
        }
        return definitionChange.roll()
                ? "unchanged, is rolled as asked"
                : "its workers are of another definition than the file's, is rolled";
    }

    /// Numbers of programs: `1 rolled as asked, 0 changed`; `2 changed, 3 unchanged`.
    static String counted(int asked, int changed, int unchanged) {
        String rolled = asked == 0 ? "" : asked + " rolled as asked, ";
        String rest = asked > 0 && unchanged == 0 ? "" : ", " + unchanged + " unchanged";
        return rolled + changed + " changed" + rest;
    }

    /// Describes the tasks that a change runs; null if it runs none.
    static @Nullable String tasks(DefinitionChange definitionChange) {
        ProgramSpec after = definitionChange.after();
        if (after == null || definitionChange.kind() != DefinitionChange.Kind.ROLLED) {
            return null;
        }
        List<String> words = new ArrayList<>();
        for (ProgramSpec task : after.tasks()) {
            List<String> command = new ArrayList<>();
            task.command().forEach(word -> command.add(word.toString()));
            words.add(task.name() + " (" + String.join(" ", command) + ")");
        }
        return words.isEmpty() ? null : "runs " + String.join(", then ", words);
    }

    /// Describes why a definition that failed is not tried again; null if it is, or did not fail.
    static @Nullable String refusal(DefinitionChange definitionChange, @Nullable Program program) {
        VersionFailure failure = program == null ? null : program.setback();
        return definitionChange.kind() != DefinitionChange.Kind.REFUSED || failure == null
                ? null
                : failure.refusal(
                        definitionChange.program(), "at " + Clock.timeOfDay(failure.at()));
    }

    /// Failures of versions, a line for each program that had one; empty for none.
    static String failures(Collection<Program> programs) {
        StringBuilder lines = new StringBuilder();
        for (Program program : programs) {
            if (program.remembersFailure()) {
                lines.append('\n').append(program.name()).append(": ");
                lines.append(StatusReports.verdict(program));
            }
        }
        return lines.toString();
    }
}
