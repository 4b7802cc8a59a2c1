// SPDX-License-Identifier: GPL-3.0-or-later
/// Why a program is as it is: the command `explain`. [Explainer] finds the cause, [FailureHints]
/// gives advice, [SignalHints] says what is known of a signal that killed a worker.
@NullMarked
package org.einhyrningsins.manager.explain;

import org.jspecify.annotations.NullMarked;
