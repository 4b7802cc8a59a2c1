// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

/// Whether a program is meant to run.
public sealed interface Phase {
    /// Dead workers are replaced.
    record Running() implements Phase {}

    /// The operator does not want it.
    record Stopped() implements Phase {}

    /// It died too often; nobody is replaced until the operator asks.
    record Failed(String why) implements Phase {}
}
