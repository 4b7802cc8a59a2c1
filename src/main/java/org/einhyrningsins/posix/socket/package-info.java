// SPDX-License-Identifier: GPL-3.0-or-later
/// Sockets: listening ones that workers share, those the manager is asked through, probes
/// ([Sockets]); and datagrams with descriptors to sockets of a name ([UnixDatagramSender]).
@NullMarked
package org.einhyrningsins.posix.socket;

import org.jspecify.annotations.NullMarked;
