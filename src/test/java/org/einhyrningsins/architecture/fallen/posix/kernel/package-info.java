// SPDX-License-Identifier: GPL-3.0-or-later
/// See the house.
@NullMarked
package org.einhyrningsins.architecture.fallen.posix.kernel;

import org.jspecify.annotations.NullMarked;
