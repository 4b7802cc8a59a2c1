// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

/// The version that served before the last rollout, which comes back by itself if the newer one
/// fails soon: see [org.einhyrningsins.core.Rollback].
///
/// @param since time when the newer one took over
/// @param taken reason why it does not come back all the same: what it needs is another's now; null
///   if it does
public record FallbackVersion(ProgramVersion version, Moment since, @Nullable String taken) {
    /// Returns the time when the newer version has proved itself.
    ///
    /// @param serving the newer version
    public Moment until(ProgramVersion serving) {
        return since.plus(serving.spec().rollout().proof().rollbackWithin());
    }

    public FallbackVersion since(Moment now) {
        return new FallbackVersion(version, now, taken);
    }

    public FallbackVersion taken(String why) {
        return new FallbackVersion(version, since, why);
    }
}
