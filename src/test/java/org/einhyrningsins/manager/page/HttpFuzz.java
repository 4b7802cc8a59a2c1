// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import org.einhyrningsins.fuzz.Frugal;

/// The head of a request: it is read, or refused with a status.
public final class HttpFuzz {
    private HttpFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        Frugal.run(() -> take(data));
    }

    private static void take(byte[] data) {
        HttpRequest.complete(data, data.length);
        try {
            HttpRequest httpRequest = HttpRequest.read(data, data.length);
            if (httpRequest.path().indexOf('?') >= 0 || httpRequest.method().isEmpty()) {
                throw new AssertionError(httpRequest);
            }
        } catch (HttpRequest.Refused e) {
            Frugal.same(true, e.status() == 400 || e.status() == 505, e.status());
        }
    }
}
