// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.manager;

/// Version and build data of this release.
public final class BuildInfo {
    private BuildInfo() {}

    /// Returns the version in the jar's manifest.
    public static String text() {
        String version = BuildInfo.class.getPackage().getImplementationVersion();
        return version == null ? "(unpackaged)" : version;
    }
}
