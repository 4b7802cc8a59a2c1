// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// The two languages of the wire. A request is answered in its own.
public enum Dialect {
    /// JSON, one object a line.
    JSON,
    /// YAML, one document a line, in %-escapes: einhorn's. See [EinhornDialect] and
    /// [org.einhyrningsins.control.report.EinhornReplies].
    YAML
}
