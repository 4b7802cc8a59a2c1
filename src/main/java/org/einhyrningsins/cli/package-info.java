// SPDX-License-Identifier: GPL-3.0-or-later

/// The two programs: arguments, help, exit codes, what a person reads.
@NullMarked
package org.einhyrningsins.cli;

import org.jspecify.annotations.NullMarked;
