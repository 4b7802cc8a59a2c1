// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import java.util.List;

/// Keys of a program that are for jobs alone, and what has to stand beside them.
public final class JobKeys {
    private static final List<String> OF_SCHEDULES =
            List.of("time-zone", "overlap", "jitter", "catch-up");

    private JobKeys() {}

    /// What a key needs beside it, each as a line of YAML; nothing for a key of every program.
    public static List<String> beside(String key) {
        if (OF_SCHEDULES.contains(key)) {
            return List.of("kind: job", "schedule: \"@daily\"");
        }
        return List.of("timeout", "retries", "schedule").contains(key)
                ? List.of("kind: job")
                : List.of();
    }
}
