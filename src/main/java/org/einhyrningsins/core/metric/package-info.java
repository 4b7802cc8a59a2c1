// SPDX-License-Identifier: GPL-3.0-or-later
/// Counters of a program for metrics: read off its events and steps, decided by nobody.
@NullMarked
package org.einhyrningsins.core.metric;

import org.jspecify.annotations.NullMarked;
