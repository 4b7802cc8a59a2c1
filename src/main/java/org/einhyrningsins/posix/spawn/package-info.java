// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.posix.spawn;

import org.jspecify.annotations.NullMarked;
