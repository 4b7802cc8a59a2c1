// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

/// A page, ready to be sent to any number of clients.
///
/// @param status of HTTP
/// @param type its media type
/// @param body nobody changes it
@SuppressWarnings("ArrayRecordComponent") // shared, and never compared
public record RenderedPage(int status, String type, byte[] body) {}
