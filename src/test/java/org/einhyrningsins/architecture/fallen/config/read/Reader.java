// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.config.read;

/// Seen from below.
public class Reader {}
