// SPDX-License-Identifier: GPL-3.0-or-later
/// Sockets: those of programs, with their options ([ProgramSockets]), files of UNIX sockets
/// ([SocketFile]), stream connections ([Connections]), datagrams with their senders' credentials
/// ([Datagrams]), datagrams with descriptors to sockets of a name ([UnixDatagramSender]), and what
/// all have in common ([Sockets]).
@NullMarked
package org.einhyrningsins.posix.socket;

import org.jspecify.annotations.NullMarked;
