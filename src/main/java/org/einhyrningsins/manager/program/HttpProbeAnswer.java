// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// The answer to a probe by HTTP, as it comes piece by piece. Of a good one the status line is
/// enough; of another the beginning of its body is waited for too, since it often says why.
final class HttpProbeAnswer {
    /// Bytes of a body that are shown.
    static final int MAX_BODY = 200;

    private static final int MAX_LINE = 100;
    private static final int MAX_STATUS = 512;
    private static final int MAX_HEAD = 8192;
    private static final String LENGTH = "\r\ncontent-length:";
    private static final String CHUNKED = "\r\ntransfer-encoding: chunked";

    private final StringBuilder text = new StringBuilder();
    private boolean ended;

    /// Takes a piece; an empty one is the end.
    void add(ByteBuffer piece) {
        ended |= !piece.hasRemaining();
        if (text.length() <= 2 * MAX_HEAD) {
            text.append(StandardCharsets.ISO_8859_1.decode(piece));
        }
    }

    /// True if nothing more is waited for.
    boolean over() {
        if (ended || up()) {
            return true;
        }
        String line = statusLine();
        if (line == null) {
            return text.length() > MAX_STATUS;
        }
        int head = head();
        return !isHttp(line)
                || (head < 0 ? text.length() > MAX_HEAD : body(head).length() >= wanted(head));
    }

    /// True if it is good: `HTTP/1.1 204 No Content` is, `HTTP/1.1 503 Not Yet` is not.
    boolean up() {
        String line = statusLine();
        return line != null && isHttp(line) && (line.charAt(9) == '2' || line.charAt(9) == '3');
    }

    /// True if it is known to be no good one, though more of it may come.
    boolean failed() {
        return statusLine() != null && !up();
    }

    /// Describes the answer for a person.
    String words() {
        String line = statusLine();
        if (line == null || !isHttp(line)) {
            String what = ProbeWords.of(text.toString(), MAX_LINE);
            return what.isEmpty()
                    ? "the connection was closed without an answer"
                    : "no answer in HTTP: " + what;
        }
        int head = head();
        String body = head < 0 ? "" : ProbeWords.of(firstLine(head), MAX_BODY);
        return ProbeWords.of(line, MAX_LINE) + (body.isEmpty() ? "" : ": " + body);
    }

    private static boolean isHttp(String line) {
        return line.startsWith("HTTP/1.") && line.length() >= 12;
    }

    private @Nullable String statusLine() {
        int end = text.indexOf("\r\n");
        return end < 0 ? null : text.substring(0, end);
    }

    /// Length of the head, with the empty line; -1 if it is not there yet.
    private int head() {
        int end = text.indexOf("\r\n\r\n");
        return end < 0 ? -1 : end + 4;
    }

    private String headers(int head) {
        return text.substring(0, head).toLowerCase(Locale.ROOT);
    }

    private boolean isChunked(int head) {
        return headers(head).contains(CHUNKED);
    }

    /// Bytes of the body that are waited for.
    private int wanted(int head) {
        String headers = headers(head);
        int at = headers.indexOf(LENGTH);
        if (at < 0) {
            return MAX_BODY;
        }
        String length = headers.substring(at + LENGTH.length(), headers.indexOf("\r\n", at + 2));
        try {
            return (int) Math.min(MAX_BODY, Long.parseLong(length.strip()));
        } catch (NumberFormatException e) {
            return MAX_BODY;
        }
    }

    private String body(int head) {
        return isChunked(head) ? chunks(head) : text.substring(head);
    }

    /// The part of the body that is shown, and a byte more where there is more.
    private String firstLine(int head) {
        String body = body(head).stripTrailing();
        return body.length() > MAX_BODY ? body.substring(0, MAX_BODY + 1) : body;
    }

    /// The chunks that are there; with blanks after the last one of all, so that it is long enough.
    private String chunks(int head) {
        StringBuilder body = new StringBuilder();
        int at = head;
        while (body.length() < MAX_BODY) {
            int end = text.indexOf("\r\n", at);
            if (end < 0) {
                return body.toString();
            }
            int size = size(text.substring(at, end));
            if (size <= 0) {
                return body.append(" ".repeat(MAX_BODY)).toString();
            }
            int from = Math.min(text.length(), end + 2);
            body.append(text, from, (int) Math.min(text.length(), (long) from + size));
            at = (int) Math.min(text.length(), (long) from + size + 2);
        }
        return body.toString();
    }

    /// @return 0 for the last chunk, or what is none
    private static int size(String line) {
        int semicolon = line.indexOf(';');
        String digits = (semicolon < 0 ? line : line.substring(0, semicolon)).strip();
        try {
            return Integer.parseInt(digits, 16);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
