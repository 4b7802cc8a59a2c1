// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.cli;

/// Seen from manager, which is downstairs.
public class Main {}
