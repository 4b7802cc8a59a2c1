// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

/// What goes into the `data` of a reply.
public sealed interface ReplyData permits StatusReport, PlanReport, LogReport {}
