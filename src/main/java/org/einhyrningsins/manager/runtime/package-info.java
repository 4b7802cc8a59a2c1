// SPDX-License-Identifier: GPL-3.0-or-later
/// Foundation of all other rooms of the manager: the event loop, the clock, the log, and the files
/// and directories of the manager's own.
///
/// [EventLoop] calls whoever watches a descriptor that is ready; [Clock] is the only place where
/// time is read. [ManagerLog] writes the manager's own log ([LogOutput] to a descriptor that may be
/// slow, [SyslogSender] to syslog). [RuntimePaths] knows where the control socket, the worker
/// sockets, the state directory, the pid file and the lock are; [StateDirectory] writes small files
/// as a whole or not at all.
///
/// **Nothing waits in the loop** for what somebody else can stretch. [WaitBudget] bounds waits that
/// cannot be avoided, [UserTimeQuota] what one user may cost, [ProcReader] reads on another thread
/// what a process can hold up, [DirectoryCalls] changes names in directories that others can lock,
/// [NonBlockingFiles] and [DatagramInbox] refuse what does not come at once. The table of all such
/// calls is in ARCHITECTURE.md.
@NullMarked
package org.einhyrningsins.manager.runtime;

import org.jspecify.annotations.NullMarked;
