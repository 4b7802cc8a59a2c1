// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.spec;

/// Seen from outside the rooms.
public class Name {}
