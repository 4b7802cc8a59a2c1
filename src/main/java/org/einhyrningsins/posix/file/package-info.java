// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.posix.file;

import org.jspecify.annotations.NullMarked;
