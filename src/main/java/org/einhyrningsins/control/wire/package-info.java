// SPDX-License-Identifier: GPL-3.0-or-later
/// Protocol of the control socket and the worker sockets: lines in, requests out; exit statuses;
/// both dialects. [RequestReader] reads a line in JSON or einhorn's YAML ([EinhornDialect]) and
/// never throws; [ControlCommand] is a command whose arguments are understood. The format is
/// described in `org.einhyrningsins.control`.
@NullMarked
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.NullMarked;
