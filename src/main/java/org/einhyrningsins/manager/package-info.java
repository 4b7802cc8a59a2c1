// SPDX-License-Identifier: GPL-3.0-or-later

/// The one platform thread that owns everything: one epoll loop takes events, asks the core,
/// performs effects.
@NullMarked
package org.einhyrningsins.manager;

import org.jspecify.annotations.NullMarked;
