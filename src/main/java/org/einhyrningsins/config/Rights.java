// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.spec.Capability;

/// What the kernel allows to whoever runs the programs of the file. It is asked only about what a
/// file wants, and that may be much later than the file is written, by another user: so what is
/// missing gives a warning.
public interface Rights {
    /// Whether it may bind a TCP or UDP port of that number.
    boolean bind(int port);

    /// Whether it may start workers as that user, a name or a number.
    boolean become(String user);

    /// Whether it may give workers that capability.
    boolean give(Capability capability);

    /// All of them.
    Rights ALL =
            new Rights() {
                @Override
                public boolean bind(int port) {
                    return true;
                }

                @Override
                public boolean become(String user) {
                    return true;
                }

                @Override
                public boolean give(Capability capability) {
                    return true;
                }
            };
}
