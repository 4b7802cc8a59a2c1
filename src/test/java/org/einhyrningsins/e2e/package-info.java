// SPDX-License-Identifier: GPL-3.0-or-later

/// The shipped program under real load: the scenarios of `tests/e2e/` as tests.
@NullMarked
package org.einhyrningsins.e2e;

import org.jspecify.annotations.NullMarked;
