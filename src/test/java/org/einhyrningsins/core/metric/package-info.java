// SPDX-License-Identifier: GPL-3.0-or-later
/// Tests of the counters.
@NullMarked
package org.einhyrningsins.core.metric;

import org.jspecify.annotations.NullMarked;
