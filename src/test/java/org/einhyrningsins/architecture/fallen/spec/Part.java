// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.spec;

import org.einhyrningsins.architecture.fallen.spec.manager.Whole;

/// Looks up, to a higher floor of the same room.
public class Part {
    Whole above = new Whole();
}
