// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Programs that serve at one address, since the file gave it from one to the other and only one of
/// them was brought to what it says.
public final class SharedAddresses {
    private SharedAddresses() {}

    /// Describes other programs that use the program's sockets, and how that ends.
    ///
    /// @param others all programs as they are now; may contain this one
    /// @return a line for each of the others that uses some
    public static List<String> words(ProgramSpec spec, Collection<Program> others) {
        List<String> words = new ArrayList<>();
        for (Program other : others) {
            if (other.name().equals(spec.name()) || other.hasNoProcess()) {
                continue;
            }
            for (SocketSpec socket : spec.sockets()) {
                if (has(other, SocketKey.of(spec, socket))) {
                    words.add(
                            "%s is served by %s as well until that is reloaded: reload %s"
                                    .formatted(socket.address(), other.name(), other.name()));
                }
            }
        }
        return words;
    }

    private static boolean has(Program program, SocketKey key) {
        for (ProgramSpec spec : DefinitionsInUse.needed(program)) {
            for (SocketSpec socket : spec.sockets()) {
                if (SocketKey.of(spec, socket).equals(key)) {
                    return true;
                }
            }
        }
        return false;
    }
}
