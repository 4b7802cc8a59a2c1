// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.spec.ProgramCondition;

import java.util.Set;

/// A client's request to be told when programs meet a condition.
///
/// @param programs names of all that must meet it
public record ConditionWaitSnapshot(
        JsonId request, ProgramCondition condition, Set<String> programs) {
    public ConditionWaitSnapshot {
        programs = Set.copyOf(programs);
    }
}
