// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.control.report;

import org.jspecify.annotations.NullMarked;
