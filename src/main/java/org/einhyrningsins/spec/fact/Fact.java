// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.fact;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// Something that happened to a program, or to the manager.
///
/// @param atMillis time by the wall clock, milliseconds since 1970
/// @param program its program; empty for the manager
/// @param slot the worker's slot; -1 if it is about no single worker
/// @param pid the worker's process; 0 if it had none
/// @param message the fact in words, at most [#MAX_MESSAGE] characters
/// @param details further facts by name, such as `code`, `signal`, `cause`, `generation`
public record Fact(
        long atMillis,
        String program,
        int slot,
        int pid,
        FactKind kind,
        String message,
        Map<String, String> details) {
    /// Maximum length of a message; a longer one is cut.
    public static final int MAX_MESSAGE = 512;

    public Fact {
        message =
                message.length() <= MAX_MESSAGE
                        ? message
                        : message.substring(0, MAX_MESSAGE - 1) + "…";
        details =
                details.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(details));
    }

    /// Returns the program or worker that it is about: `web`, `web:0`; empty for the manager.
    public String subject() {
        return slot < 0 ? program : program + ":" + slot;
    }

    /// Returns a detail; empty if there is none of that name.
    public String detail(String name) {
        return details.getOrDefault(name, "");
    }
}
