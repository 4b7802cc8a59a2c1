// SPDX-License-Identifier: GPL-3.0-or-later

/// The wire between an operator or a worker and the manager: bytes in, requests out; replies in,
/// bytes out; and the client.
///
/// One JSON object a line, UTF-8, ended by a newline, in both directions; a program of a few lines
/// in any language can speak it. A request:
///
///     {"id":1,"command":"reload","args":["web"],"wait":true,"format":"text"}
///
/// `id` is any number or string and comes back as it was written. `wait` (default true) asks for
/// the outcome, not for the mere start of it. `format` (default json) says who reads the last
/// message: with text, it is laid out for a person. Unknown fields are ignored, so that newer
/// clients can speak to older managers. Progress, if any, comes as
///
///     {"request_id":1,"message":"web: 2 of 4 replaced","wait":true}
///
/// and the end is the first reply without `wait`:
///
///     {"request_id":1,"message":"web: 4 of 4 replaced","code":0}
///
/// where `code` is an [org.einhyrningsins.control.wire.ExitStatus], and `data` is there for `status` and `show` in json.
///
/// Clients of einhorn write YAML on a line instead ([org.einhyrningsins.control.wire.EinhornDialect]) and are answered so
/// ([org.einhyrningsins.control.report.EinhornReplies]): a request's id knows its [org.einhyrningsins.control.wire.Dialect], and whoever answers need not.
///
/// The server moves its bytes in the manager's one loop, so nothing here but [ControlClient] does I/O, and
/// nothing but the client blocks. The client is started for every command a person types: what it
/// touches on its way ([ControlClient], [org.einhyrningsins.control.wire.ControlReply], [org.einhyrningsins.control.wire.ControlRequest#line]) uses neither Jackson nor lambdas, which
/// would cost it a third of its time.
@NullMarked
package org.einhyrningsins.control;

import org.jspecify.annotations.NullMarked;
