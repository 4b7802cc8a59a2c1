// SPDX-License-Identifier: GPL-3.0-or-later
/// Answers of the manager: status, plan and locations of logs, as data and as text for people.
///
/// [ReplyWriter] writes replies in the dialect of the request, and `status` as JSON, key by key, of
/// what is in [StatusReport] and [ProgramStatus]; [PlanJson] does so with a [PlanReport].
/// [CompletionNames] is what a shell completes. [StatusText] and [PlanText] are what a person
/// reads; they are rendered by the manager, so that the client only prints.
@NullMarked
package org.einhyrningsins.control.report;

import org.jspecify.annotations.NullMarked;
