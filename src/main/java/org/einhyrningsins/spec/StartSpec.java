// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.util.List;

/// When a program is started.
///
/// @param manual true if a command starts it, or a rollout whose task it is, and nothing else
/// @param after the programs that are up before it starts, and are stopped after it; in the order
///   of the file
public record StartSpec(boolean manual, List<String> after) {
    /// With the manager, after nothing.
    public static final StartSpec NONE = new StartSpec(false, List.of());

    public StartSpec {
        after = List.copyOf(after);
    }
}
