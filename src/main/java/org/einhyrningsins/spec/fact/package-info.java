// SPDX-License-Identifier: GPL-3.0-or-later
/// Facts: what happened to programs and to the manager, with types.
@NullMarked
package org.einhyrningsins.spec.fact;

import org.jspecify.annotations.NullMarked;
