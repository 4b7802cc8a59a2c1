// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// The id of a request, echoed in its replies as it came, and the dialect they are to be in.
///
/// @param json a JSON number or string, or `null` if the request had no id; YAML reads it as well
/// @param dialect of the request
public record JsonId(String json, Dialect dialect) {
    private static final String NULL = "null";

    /// Id of a reply to a request without one.
    public static final JsonId NONE = new JsonId(NULL, Dialect.JSON);

    /// An id of JSON.
    public JsonId(String json) {
        this(json, Dialect.JSON);
    }

    /// The id of a number.
    public static JsonId of(long number) {
        return new JsonId(Long.toString(number));
    }

    /// The id of a text.
    public static JsonId of(String text) {
        return new JsonId(JsonText.quote(text));
    }

    /// True if the request had no id.
    public boolean none() {
        return json.equals(NULL);
    }

    /// The same in another dialect.
    public JsonId in(Dialect other) {
        return new JsonId(json, other);
    }
}
