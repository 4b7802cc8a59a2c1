// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.MessageHeaders;
import org.apache.hc.core5.http.ProtocolVersion;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultHttpRequestParser;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// Head of a request of HTTP/1.x, as far as it matters here. A body is not read, since no request
/// that has one is served.
///
/// @param path the path without the part behind `?`
/// @param accept the media types that are accepted; empty if absent
/// @param host the Host with the port; empty if absent
public record HttpRequest(String method, String path, String accept, String host) {
    /// A longer head is refused, in bytes.
    public static final int MAX_LENGTH = 8 * 1024;

    private static final int MAX_HEADERS = 64;

    /// Reason why a request is answered with an error.
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final int status;

        public Refused(int status, String message) {
            super(message);
            this.status = status;
        }

        /// Returns the status of the answer.
        public int status() {
            return status;
        }
    }

    /// Loads and links what reads requests.
    public static void prepare() {
        byte[] head =
                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try {
            read(head, head.length);
        } catch (Refused e) {
            throw new IllegalStateException("cannot happen: this is a request", e);
        }
    }

    /// True if a head is complete: an empty line was read, after a line that was not.
    public static boolean complete(byte[] bytes, int length) {
        boolean begun = false;
        boolean empty = true;
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '\n') {
                if (empty && begun) {
                    return true;
                }
                empty = true;
            } else if (bytes[i] != '\r') {
                begun = true;
                empty = false;
            }
        }
        return false;
    }

    /// The request of a complete head.
    public static HttpRequest read(byte[] bytes, int length) throws Refused {
        Http1Config bounds =
                Http1Config.custom()
                        .setMaxLineLength(MAX_LENGTH)
                        .setMaxHeaderCount(MAX_HEADERS)
                        .setMaxEmptyLineCount(MAX_LENGTH)
                        .build();
        try {
            var head =
                    new DefaultHttpRequestParser(bounds)
                            .parse(
                                    new SessionInputBufferImpl(MAX_LENGTH, MAX_LENGTH),
                                    new ByteArrayInputStream(bytes, 0, length));
            if (head == null) {
                throw new Refused(400, "there is no request");
            }
            requireKnown(head.getVersion(), head);
            String path = head.getPath() == null ? "/" : head.getPath();
            return new HttpRequest(
                    head.getMethod(), withoutQuery(path), text(head, "Accept"), text(head, "Host"));
        } catch (HttpException | IOException | IllegalArgumentException e) {
            throw new Refused(400, "this is no request of HTTP/1.1");
        }
    }

    private static void requireKnown(ProtocolVersion version, MessageHeaders head) throws Refused {
        if (version == null || !version.lessEquals(HttpVersion.HTTP_1_1)) {
            throw new Refused(505, "this is HTTP/1.1, and nothing newer");
        }
        if (version.equals(HttpVersion.HTTP_1_1) && head.countHeaders("Host") != 1) {
            throw new Refused(400, "a request of HTTP/1.1 names its Host, once");
        }
    }

    private static String withoutQuery(String path) {
        int end = path.indexOf('?');
        return end < 0 ? path : path.substring(0, end);
    }

    private static String text(MessageHeaders head, String name) {
        Header header = head.getFirstHeader(name);
        return header == null || header.getValue() == null ? "" : header.getValue();
    }
}
