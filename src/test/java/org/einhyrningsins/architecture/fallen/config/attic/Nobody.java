// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.config.attic;

/// In a room, and on none of its floors.
public class Nobody {}
