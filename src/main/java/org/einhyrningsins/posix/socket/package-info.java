// SPDX-License-Identifier: GPL-3.0-or-later
/// Sockets ([Sockets]): listening ones that workers share, with their options and the owner and
/// mode of their files, those the manager is asked through, and probes; and datagrams with
/// descriptors to sockets of a name ([UnixDatagramSender]).
@NullMarked
package org.einhyrningsins.posix.socket;

import org.jspecify.annotations.NullMarked;
