// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

/// Content of `data` in a reply.
public sealed interface ReplyData
        permits StatusReport,
                PlanReport,
                LogReport,
                HistoryReport,
                EventReport,
                ExplainReport,
                OutcomeReport {}
