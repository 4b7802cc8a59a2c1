// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.control.wire.PlainText;

import java.nio.charset.StandardCharsets;

/// Words of others, as they come in the answer to a probe, made fit for a message: on one line,
/// without control characters, and short.
final class ProbeWords {
    private ProbeWords() {}

    /// @param latin1 bytes, one a character; read as UTF-8
    /// @param maxBytes what is longer is cut, and ends with `…`
    static String of(String latin1, int maxBytes) {
        boolean cut = latin1.length() > maxBytes;
        String kept = cut ? latin1.substring(0, maxBytes) : latin1;
        byte[] bytes = kept.getBytes(StandardCharsets.ISO_8859_1);
        String text = new String(bytes, StandardCharsets.UTF_8);
        String line = PlainText.line(text).strip().replaceAll("\\s+", " ");
        return cut ? line + "…" : line;
    }
}
