// SPDX-License-Identifier: GPL-3.0-or-later
/// The HTTP listener: connections, limits, and the thread that renders pages. What is said over
/// HTTP is in `page`.
///
/// [HttpListener] opens the listener that a configuration asks for before the one before it is
/// given up. [HttpServer] accepts; an [HttpConnection] is one request and one answer. Clients may
/// be hostile, so their number, what they hold and how long they take is bounded. [PageRenderer]
/// makes pages on a thread of its own, which is there only while some are being made.
@NullMarked
package org.einhyrningsins.manager.http;

import org.jspecify.annotations.NullMarked;
