// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.NullMarked;
