// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.ProgramEffect;

import java.util.List;

/// Result of a step: the program from now on, and the effects, in order.
public record Transition(Program program, List<ProgramEffect> effects) {
    public Transition {
        effects = List.copyOf(effects);
    }
}
