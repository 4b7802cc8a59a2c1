// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.control.report;

/// Seen from below.
public class Report {}
