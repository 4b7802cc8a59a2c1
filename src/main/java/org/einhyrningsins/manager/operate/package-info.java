// SPDX-License-Identifier: GPL-3.0-or-later
/// Commands of operators: their rights, reloads, the order of starts and stops, and reports.
///
/// [CommandDispatcher] takes a command and checks that the client may give it. [QueryCommands]
/// answers those that change nothing; [ProgramCommands] passes the others on to the programs that
/// [TargetScopes] finds, and [PendingCommands] has those that wait for answers.
///
/// [Reloader] reloads: [ReloadPlanner] reads the configuration and computes `core.plan.ReloadPlan`,
/// [ReloadPreparation] gets [StagedResources] or gives all of them back, [ReloadExecution] tells
/// the programs, [ReloadMessages] has the texts. [SocketHandoverRunner] and [HandoverTurns] let
/// programs that exchange sockets change one after the other; [PendingConfirmation] is `reload
/// --confirm`. [OrderedRestart] starts and stops along dependencies. [Rollbacks] rolls onto
/// definitions of earlier generations.
///
/// Reports: [StatusReports], [TroubleReports], [PlanReports], [LogLocations], [EinhornState] (the
/// command `state`), [HttpData].
@NullMarked
package org.einhyrningsins.manager.operate;

import org.jspecify.annotations.NullMarked;
