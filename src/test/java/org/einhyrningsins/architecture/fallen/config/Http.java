// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.config;

import org.apache.hc.core5.http.HttpVersion;

/// Knows of HTTP where nobody should.
public class Http {
    HttpVersion version = HttpVersion.HTTP_1_1;
}
