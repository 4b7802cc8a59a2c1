// SPDX-License-Identifier: GPL-3.0-or-later
/// Promises of the kernel, as we understand them; tried on the kernel at hand.
@NullMarked
package org.einhyrningsins.posix;

import org.jspecify.annotations.NullMarked;
