// SPDX-License-Identifier: GPL-3.0-or-later

/// The walls of the house, as tests.
@NullMarked
package org.einhyrningsins.architecture;

import org.jspecify.annotations.NullMarked;
