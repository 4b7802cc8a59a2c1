// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.manager.operate;

/// Seen from below.
public class Command {}
