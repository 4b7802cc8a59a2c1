// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

/// Which release this is.
public final class Release {
    private Release() {}

    /// As the jar's manifest says it.
    public static String text() {
        String version = Release.class.getPackage().getImplementationVersion();
        return version == null ? "(unpackaged)" : version;
    }
}
