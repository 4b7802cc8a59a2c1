// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.fact.FactKind;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/// A fact that a step brought about.
///
/// @param worker the worker it is about; null for the program
/// @param message in words: those of the report, if there is one
/// @param details as [org.einhyrningsins.spec.fact.Fact] has them
/// @param report what the step says of it to people; null if it says nothing
public record ProgramFact(
        FactKind kind,
        @Nullable WorkerId worker,
        String message,
        Map<String, String> details,
        ProgramEffect.@Nullable Report report) {
    /// The same, told by a report.
    public ProgramFact withReport(ProgramEffect.Report by) {
        return new ProgramFact(kind, worker, by.message(), details, by);
    }
}
