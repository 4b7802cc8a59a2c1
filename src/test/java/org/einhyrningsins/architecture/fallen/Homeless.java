// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen;

import org.einhyrningsins.architecture.fallen.spec.Name;

/// In no room, and looks into one.
class Homeless {
    Name name = new Name();
}
