// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.cli.client;

import org.jspecify.annotations.NullMarked;
