// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.spec.manager;

/// Seen from below.
public class Whole {}
