// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.ProgramEffect;

import java.util.List;

/// What a step comes to: the program from now on, and the orders, in order.
public record Transition(Program program, List<ProgramEffect> effects) {
    public Transition {
        effects = List.copyOf(effects);
    }
}
