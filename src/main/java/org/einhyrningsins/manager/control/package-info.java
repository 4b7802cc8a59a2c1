// SPDX-License-Identifier: GPL-3.0-or-later
/// The operator's socket: clients, their rights, requests in, replies out.
///
/// [ControlServer] accepts and cuts lines; a [ControlConnection] is one client, whose replies wait
/// in bounded memory until it reads them. [AccessControl] says who may do what, by the credentials
/// that the kernel vouches for; [ClientQuota] bounds clients for each user. A [PendingCommand] is a
/// request that concerns several programs and is answered when all of them have said what came of
/// it.
@NullMarked
package org.einhyrningsins.manager.control;

import org.jspecify.annotations.NullMarked;
