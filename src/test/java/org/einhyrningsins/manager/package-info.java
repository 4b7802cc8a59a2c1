// SPDX-License-Identifier: GPL-3.0-or-later
/// The loop's parts, each with real descriptors. The foreign client is jnr-unixsocket.
@NullMarked
package org.einhyrningsins.manager;

import org.jspecify.annotations.NullMarked;
