// SPDX-License-Identifier: GPL-3.0-or-later
/// Tests of schedules.
@NullMarked
package org.einhyrningsins.spec.schedule;

import org.jspecify.annotations.NullMarked;
