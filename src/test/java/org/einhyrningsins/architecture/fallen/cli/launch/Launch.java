// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.cli.launch;

/// Seen from below.
public class Launch {}
