// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.spec.manager;

import org.jspecify.annotations.NullMarked;
