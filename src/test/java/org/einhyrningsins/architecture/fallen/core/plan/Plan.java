// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.core.plan;

/// Seen from below.
public class Plan {}
