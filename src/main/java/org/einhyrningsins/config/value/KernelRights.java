// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.spec.process.Capability;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Rights that the kernel gives to the user who runs the programs of the file. It is asked only
/// about what a file wants, and that may be much later than the file is written, by another user:
/// so what is missing gives a warning.
public interface KernelRights {
    /// True if it may bind a TCP or UDP port of that number.
    boolean canBind(int port);

    /// True if it may start workers as that user, a name or a number.
    boolean canRunAs(String user);

    /// True if it may give workers that capability.
    boolean canGrant(Capability capability);

    /// Returns another user who may change what a path leads to, by a directory on the way or the
    /// file itself.
    ///
    /// @param user the one who may: a name or number, besides root and the user who runs the
    ///   programs; null for nobody
    /// @param groups true if a group that may write counts too
    /// @return null for nobody
    @Nullable Stranger otherOwner(Path file, @Nullable String user, boolean groups);

    /// Another user with access, and the remedy.
    ///
    /// @param who the user and the access, as in `uid 1001 owns /srv/web`
    /// @param remedy a command, as in `chown root /srv/web`
    record Stranger(String who, String remedy) {
        /// For a warning.
        ///
        /// @param what he may thereby, as in `remove the log`
        public String could(String what) {
            return who + ", and could " + what + "; if that is not meant, " + remedy;
        }
    }

    /// The version of Landlock's interface that the kernel has; 0 for none.
    int landlock();

    /// All rights.
    KernelRights ALL =
            new KernelRights() {
                @Override
                public boolean canBind(int port) {
                    return true;
                }

                @Override
                public boolean canRunAs(String user) {
                    return true;
                }

                @Override
                public int landlock() {
                    return Integer.MAX_VALUE;
                }

                @Override
                public boolean canGrant(Capability capability) {
                    return true;
                }

                @Override
                public @Nullable Stranger otherOwner(
                        Path file, @Nullable String user, boolean groups) {
                    return null;
                }
            };
}
