// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// What a line from a client turned out to be.
public sealed interface ParsedLine permits ControlRequest, WorkerMessage, MalformedRequest {}
