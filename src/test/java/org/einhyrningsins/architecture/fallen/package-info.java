// SPDX-License-Identifier: GPL-3.0-or-later

/// A house in which each wall has been broken once, to see that the rules notice.
@NullMarked
package org.einhyrningsins.architecture.fallen;

import org.jspecify.annotations.NullMarked;
