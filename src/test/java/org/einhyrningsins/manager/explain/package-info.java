// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.manager.explain;

import org.jspecify.annotations.NullMarked;
