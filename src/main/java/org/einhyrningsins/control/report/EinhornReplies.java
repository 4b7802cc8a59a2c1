// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.YamlText;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;

/// Writes replies as einhorn does: a YAML map on one line, its newlines and percent signs escaped.
/// `wait` is there only with an id, as einhorn has it: a client without ids reads one reply.
final class EinhornReplies {
    private EinhornReplies() {}

    static byte[] line(JsonId id, String message, @Nullable ExitStatus code) {
        StringBuilder yaml = new StringBuilder(message.length() + 64);
        yaml.append("---\nmessage: ");
        YamlText.quote(yaml, message);
        if (!id.none()) {
            yaml.append("\nrequest_id: ").append(id.json());
        }
        if (code != null) {
            yaml.append("\ncode: ").append(code.code());
        } else if (!id.none()) {
            yaml.append("\nwait: true");
        }
        return (escape(yaml) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String escape(StringBuilder yaml) {
        StringBuilder line = new StringBuilder(yaml.length() + 64);
        for (int i = 0; i < yaml.length(); i++) {
            char c = yaml.charAt(i);
            switch (c) {
                case '%' -> line.append("%25");
                case '\n' -> line.append("%0A");
                default -> line.append(c);
            }
        }
        return line.append("%0A").toString();
    }
}
