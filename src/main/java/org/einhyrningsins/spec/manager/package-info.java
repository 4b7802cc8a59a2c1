// SPDX-License-Identifier: GPL-3.0-or-later
/// Validated values of the manager as a whole: all programs together ([ServicesSpec]), its control
/// socket, its HTTP listener, its log.
@NullMarked
package org.einhyrningsins.spec.manager;

import org.jspecify.annotations.NullMarked;
