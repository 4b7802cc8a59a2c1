// SPDX-License-Identifier: GPL-3.0-or-later
/// Messages from workers to the manager: acks, pings and notifications.
///
/// [WorkerSockets] has the two sockets of one program: a stream for `worker:ack` and `worker:ping`
/// (einhorn's protocol), whose clients [AckClients] serves, and a datagram socket for sd_notify(3),
/// which [NotifyMessage] reads. [NewlineAckPipe] is the pipe that s6 uses. Who may speak for which
/// pid is decided above, in `program.WorkerMessageHandler`; here it is only known who sent it, by
/// the kernel's word.
@NullMarked
package org.einhyrningsins.manager.channel;

import org.jspecify.annotations.NullMarked;
