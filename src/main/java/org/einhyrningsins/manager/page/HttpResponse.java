// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Bytes of an answer. The connection is closed after it: a client that asks again connects again,
/// and a silent one holds nothing.
public final class HttpResponse {
    private static final String TEXT = "text/plain; charset=utf-8";

    private static final Map<Integer, String> REASONS =
            Map.of(
                    200, "OK",
                    400, "Bad Request",
                    404, "Not Found",
                    405, "Method Not Allowed",
                    408, "Request Timeout",
                    431, "Request Header Fields Too Large",
                    500, "Internal Server Error",
                    503, "Service Unavailable",
                    505, "HTTP Version Not Supported");

    private HttpResponse() {}

    /// Returns the head of an answer.
    public static byte[] head(int status, String type, int length) {
        String head =
                "HTTP/1.1 "
                        + status
                        + " "
                        + REASONS.getOrDefault(status, "")
                        + "\r\nContent-Type: "
                        + type
                        + "\r\nContent-Length: "
                        + length
                        + (status == 405 ? "\r\nAllow: GET, HEAD" : "")
                        + "\r\n"
                        + "Cache-Control: no-store\r\n"
                        + "X-Content-Type-Options: nosniff\r\n"
                        + "Content-Security-Policy: default-src 'none'; style-src"
                        + " 'unsafe-inline'\r\n"
                        + "Connection: close\r\n\r\n";
        return head.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// A short page for people and scripts.
    public static RenderedPage text(int status, String message) {
        byte[] body = (message + "\n").getBytes(StandardCharsets.UTF_8);
        return new RenderedPage(status, TEXT, body);
    }
}
