// SPDX-License-Identifier: GPL-3.0-or-later
/// User, limits, scheduling and confinement of a worker's process.
@NullMarked
package org.einhyrningsins.spec.process;

import org.jspecify.annotations.NullMarked;
