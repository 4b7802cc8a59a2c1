// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

/// Which release this is.
public final class BuildInfo {
    private BuildInfo() {}

    /// As the jar's manifest says it.
    public static String text() {
        String version = BuildInfo.class.getPackage().getImplementationVersion();
        return version == null ? "(unpackaged)" : version;
    }
}
