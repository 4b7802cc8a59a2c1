// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

/// Reads a reply: one flat object of which four fields matter.
final class ReplyReader {
    private final String text;
    private final JsonCursor json;
    private @Nullable String id;
    private String message = "";
    private boolean wait;
    private int code;

    ReplyReader(String text) {
        this.text = text;
        json = new JsonCursor(text);
    }

    ControlReply read() {
        for (boolean more = json.opens('{', '}'); more; more = json.more('}')) {
            readField();
        }
        json.end();
        return new ControlReply(id, message, wait, code, text);
    }

    private void readField() {
        switch (json.field()) {
            case "request_id" -> id = rawId();
            case "message" -> message = json.string();
            case "wait" -> wait = json.raw().equals("true");
            case "code" -> code = Integer.parseInt(json.raw());
            default -> json.raw();
        }
    }

    private @Nullable String rawId() {
        String raw = json.raw();
        return raw.equals("null") ? null : raw;
    }
}
