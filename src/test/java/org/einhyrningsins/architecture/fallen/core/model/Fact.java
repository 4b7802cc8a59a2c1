// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.core.model;

import org.einhyrningsins.architecture.fallen.core.plan.Plan;

/// Looks up, to a higher floor of the same room.
public class Fact {
    Plan above = new Plan();
}
