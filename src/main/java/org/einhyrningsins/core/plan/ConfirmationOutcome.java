// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.VersionFailure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Remainder of a reload that waits to be confirmed. A version that failed was rolled back
/// automatically, so there is nothing left of it to confirm.
///
/// @param changed the programs that are not as before, by name
/// @param back those that are as before, since what the reload brought has failed
public record ConfirmationOutcome(List<String> changed, List<Program> back) {
    public ConfirmationOutcome {
        changed = List.copyOf(changed);
        back = List.copyOf(back);
    }

    /// Compares what was before the reload with what is now, both by name.
    public static ConfirmationOutcome of(Map<String, Program> before, Map<String, Program> now) {
        List<String> changed = new ArrayList<>();
        List<Program> back = new ArrayList<>();
        for (Program is : now.values()) {
            Program was = before.get(is.name());
            boolean other = was == null || !was.newest().equals(is.newest());
            if (was == null ? isBackUnderAnotherName(is) : !other && failedSince(was, is)) {
                back.add(is);
            } else if (other) {
                changed.add(is.name());
            }
        }
        for (String name : before.keySet()) {
            if (!now.containsKey(name)) {
                changed.add(name);
            }
        }
        return new ConfirmationOutcome(changed, back);
    }

    private static boolean isBackUnderAnotherName(Program is) {
        VersionFailure versionFailure = is.setback();
        return versionFailure != null
                && versionFailure.rolled()
                && versionFailure.back() == is.serving().generation();
    }

    /// True if the version failed since the reload; a version that failed before, and was not tried
    /// again, does not count.
    private static boolean failedSince(Program was, Program is) {
        boolean tried = is.versions().next() != was.versions().next();
        return is.remembersFailure() && (tried || !is.verdict().equals(was.verdict()));
    }
}
