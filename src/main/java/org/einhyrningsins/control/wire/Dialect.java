// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// The two languages of the wire. A request is answered in its own.
public enum Dialect {
    /// One JSON object a line.
    JSON,
    /// One YAML document a line, in %-escapes: einhorn's. See [EinhornDialect] and
    /// [org.einhyrningsins.control.report.EinhornReplies].
    YAML
}
