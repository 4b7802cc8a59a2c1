// SPDX-License-Identifier: GPL-3.0-or-later
/// HTTP: requests in, pages out, and nothing but that. Sockets and time are the manager's.
///
/// **For reading only.** There is no request that changes anything, so there is nothing to
/// authenticate but the right to look, and that is the address's: loopback, or the mode of a UNIX
/// socket. [AllowedHosts] says which names a request may be sent to. A page holds what `status`
/// tells a reader of the control socket; values of `env` are in none.
///
/// **Pages.** [Pages] has them: [PrometheusMetrics], with the name of each number (made into
/// [MetricFamilies]), and [StatusPage] for people.
///
/// **Pages are made beside the loop**, from a [org.einhyrningsins.manager.page.PageData] of
/// immutable values that the loop hands over. Reading /proc for a thousand workers and writing
/// their numbers takes tens of milliseconds, in which the loop would see no death.
///
/// **Nothing of this is loaded** by a manager whose file has no `http`, and the libraries
/// (httpcore5 for the head of a request, prometheus-metrics for the text formats) beside the loop.
@NullMarked
package org.einhyrningsins.manager.page;

import org.jspecify.annotations.NullMarked;
