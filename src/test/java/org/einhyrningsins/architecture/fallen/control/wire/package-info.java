// SPDX-License-Identifier: GPL-3.0-or-later
/// See the house.
@NullMarked
package org.einhyrningsins.architecture.fallen.control.wire;

import org.jspecify.annotations.NullMarked;
