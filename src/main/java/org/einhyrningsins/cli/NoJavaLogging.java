// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

/// Stands where java.util.logging looks for its configuration, and configures nothing: libraries
/// create a logger when they load, and reading the JDK's own configuration for it would take a
/// tenth of the manager's start and 5 MB. Named by bin/einhyrningsins.
public final class NoJavaLogging {
    /// Called by java.util.logging.
    public NoJavaLogging() {}
}
