// SPDX-License-Identifier: GPL-3.0-or-later
/// What operators ask for: commands, reloads, their order, and reports.
///
/// [CommandDispatcher] finds the programs that a command is about, passes it on to each, and brings
/// what came of it back. [Reloader] reads the configuration, computes `core.plan.ReloadPlan`, gets
/// [StagedResources], commits or rolls back; [SocketHandoverRunner] and [HandoverTurns] let
/// programs that exchange sockets change one after the other; [PendingConfirmation] is `reload
/// --confirm`. [OrderedRestart] starts and stops along dependencies. [OperatorOverrides] keeps what
/// was set by hand. Reports: [StatusReports], [TroubleReports], [PlanReports], [LogLocations],
/// [EinhornState] (the command `state`), [HttpData].
@NullMarked
package org.einhyrningsins.manager.operate;

import org.jspecify.annotations.NullMarked;
