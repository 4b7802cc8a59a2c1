// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

/// The id of a request, echoed in its replies as it came.
///
/// @param json a JSON number or string, or `null` if the request had no id
public record JsonId(String json) {
    /// What a request without an id is answered with.
    public static final JsonId NONE = new JsonId("null");

    /// The id of a number.
    public static JsonId of(long number) {
        return new JsonId(Long.toString(number));
    }

    /// The id of a text.
    public static JsonId of(String text) {
        return new JsonId(JsonText.quote(text));
    }
}
