// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.config.read;

import org.jspecify.annotations.NullMarked;
