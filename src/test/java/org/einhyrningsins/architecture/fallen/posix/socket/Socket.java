// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.posix.socket;

/// Seen from below.
public class Socket {}
