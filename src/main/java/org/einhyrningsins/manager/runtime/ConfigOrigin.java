// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.spec.manager.ServicesSpec;

import java.nio.file.Path;

/// Source of the configuration: a file or a classic command line.
public sealed interface ConfigOrigin {
    /// Returns the name for a person.
    @Override
    String toString();

    /// A file, which may say something else when it is read again.
    record File(Path path) implements ConfigOrigin {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /// A command line, which says the same for ever: a reload of it rolls what runs.
    record CommandLine(ServicesSpec services) implements ConfigOrigin {
        @Override
        public String toString() {
            return "the command line";
        }
    }
}
