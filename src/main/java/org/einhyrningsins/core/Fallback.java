// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

/// The version that served before the last rollout, which comes back by itself if the newer one
/// fails soon: see [Rollback].
///
/// @param since when the newer one took over
public record Fallback(Version version, Moment since) {
    /// When the newer version has proved itself.
    ///
    /// @param serving the newer version
    Moment until(Version serving) {
        return since.plus(serving.spec().rollout().proof().rollbackWithin());
    }
}
