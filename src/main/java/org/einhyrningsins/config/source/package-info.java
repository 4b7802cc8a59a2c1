// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.config.source;

import org.jspecify.annotations.NullMarked;
