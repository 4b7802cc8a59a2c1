// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

/// Version of a program, or of one of its workers.
///
/// @param generation number of the generation, from 1
/// @param release name of the release that it runs, as in `42`; empty for none
/// @param path path of that release; empty for none
public record VersionStatus(long generation, String release, String path) {
    /// A version without a release.
    public static VersionStatus of(long generation) {
        return new VersionStatus(generation, "", "");
    }
}
