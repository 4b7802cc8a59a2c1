// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;

/// Problems of open sockets, in words for the status of their programs.
public final class SocketProblems {
    private final Map<SocketKey, String> problems = new HashMap<>(0);

    /// Describes what is wrong with the sockets of a definition; empty for nothing.
    public String of(ProgramSpec program) {
        StringBuilder words = new StringBuilder();
        if (!problems.isEmpty()) {
            for (SocketSpec socket : program.sockets()) {
                String trouble = problems.get(SocketKey.of(program, socket));
                if (trouble != null) {
                    words.append(words.isEmpty() ? "" : "; ").append(trouble);
                }
            }
        }
        return words.toString();
    }

    /// Sets the problem of a socket.
    ///
    /// @param why the problem, in words; null if it is solved
    void set(SocketKey key, @Nullable String why) {
        if (why == null) {
            problems.remove(key);
        } else {
            problems.put(key, why);
        }
    }
}
