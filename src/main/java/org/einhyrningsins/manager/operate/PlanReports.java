// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.PlanReport;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.core.plan.SocketMove;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Says what a plan comes to, in the words of the wire.
final class PlanReports {
    private PlanReports() {}

    static PlanReport of(String definition, ReloadPlanner.PlannedReload prospect) {
        return of(definition, prospect.plan(), prospect.objections());
    }

    static PlanReport of(String definition, ReloadPlan reloadPlan, List<String> objections) {
        List<PlanReport.SettingPlan> settings = new ArrayList<>();
        reloadPlan.settings().forEach(setting -> settings.add(setting(setting)));
        List<PlanReport.ProgramPlan> programs = new ArrayList<>();
        reloadPlan.changes().values().stream()
                .filter(definitionChange -> !definitionChange.isOfTask())
                .forEach(definitionChange -> programs.add(program(definitionChange)));
        List<PlanReport.SocketPlan> sockets = new ArrayList<>();
        reloadPlan.sockets().forEach(move -> sockets.add(socket(move)));
        return new PlanReport(definition, settings, programs, sockets, objections);
    }

    /// Exit status of the command.
    static ExitStatus code(PlanReport report) {
        if (!report.objections().isEmpty()) {
            return ExitStatus.FAILED;
        }
        return report.isEmpty() ? ExitStatus.DONE : ExitStatus.CHANGES;
    }

    private static PlanReport.SettingPlan setting(KeyDifference key) {
        return new PlanReport.SettingPlan(
                key.key(), key.before(), key.after(), key.waitsForStart());
    }

    private static PlanReport.ProgramPlan program(DefinitionChange definitionChange) {
        ProgramSpec spec =
                definitionChange.after() == null
                        ? definitionChange.before()
                        : definitionChange.after();
        List<PlanReport.KeyPlan> keys = new ArrayList<>();
        for (KeyDifference key : definitionChange.differences()) {
            keys.add(
                    new PlanReport.KeyPlan(
                            key.key(), key.before(), key.after(), key.hidden(), key.rolls()));
        }
        return new PlanReport.ProgramPlan(
                definitionChange.program(),
                word(definitionChange.kind()),
                spec == null ? 0 : spec.workers(),
                definitionChange.more(),
                keys,
                definitionChange.notes());
    }

    private static PlanReport.Word word(DefinitionChange.Kind kind) {
        return switch (kind) {
            case ADDED -> PlanReport.Word.ADDED;
            case REMOVED -> PlanReport.Word.REMOVED;
            case UNCHANGED -> PlanReport.Word.UNCHANGED;
            case NOTED -> PlanReport.Word.NOTED;
            case IN_PLACE -> PlanReport.Word.IN_PLACE;
            case BACK -> PlanReport.Word.BACK;
            case REFUSED -> PlanReport.Word.REFUSED;
            case ROLLED -> PlanReport.Word.ROLLED;
        };
    }

    private static PlanReport.SocketPlan socket(SocketMove move) {
        return new PlanReport.SocketPlan(
                move.address().toString(), word(move.kind()), text(move.from()), text(move.to()));
    }

    private static PlanReport.Word word(SocketMove.Kind kind) {
        return switch (kind) {
            case KEPT -> PlanReport.Word.KEPT;
            case OPENED -> PlanReport.Word.OPENED;
            case CLOSED -> PlanReport.Word.CLOSED;
        };
    }

    private static @Nullable String text(SocketMove.@Nullable Place place) {
        return place == null ? null : place.toString();
    }
}
