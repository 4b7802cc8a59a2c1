// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// A line that is no request.
///
/// @param id the id of it, as far as one could be made out; else [JsonId#NONE]
/// @param message the mistake, for its author
public record MalformedRequest(JsonId id, String message) implements ParsedLine {}
