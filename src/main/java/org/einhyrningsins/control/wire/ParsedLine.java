// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// Line of a client, parsed.
public sealed interface ParsedLine permits ControlRequest, WorkerMessage, MalformedRequest {}
