// SPDX-License-Identifier: GPL-3.0-or-later
/// Requests and pages, without any socket.
@NullMarked
package org.einhyrningsins.manager.http;

import org.jspecify.annotations.NullMarked;
