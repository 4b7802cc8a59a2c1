// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

/// Which release this is.
final class Version {
    private Version() {}

    /// As the jar's manifest says it.
    static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(unpackaged)" : version;
    }
}
