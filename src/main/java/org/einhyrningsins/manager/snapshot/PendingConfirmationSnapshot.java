// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Map;

/// A reload that waits to be confirmed.
///
/// @param before the definitions before, by name in the order of the file
/// @param settings the file's settings before, without its programs
/// @param time to confirm it in, from its end
/// @param until time of its rollback; null while it is under way
public record PendingConfirmationSnapshot(
        Map<String, Program> before,
        ServicesSpec settings,
        Duration time,
        @Nullable Moment until) {}
