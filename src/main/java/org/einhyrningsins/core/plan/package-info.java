// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.core.plan;

import org.jspecify.annotations.NullMarked;
