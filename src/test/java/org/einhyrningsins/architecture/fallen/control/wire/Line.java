// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.control.wire;

import org.einhyrningsins.architecture.fallen.control.report.Report;

/// Looks up, to a higher floor of the same room.
public class Line {
    Report above = new Report();
}
