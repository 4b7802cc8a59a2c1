// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.spec.ServicesSpec;

import java.util.List;

/// What became of a file.
public sealed interface Loaded {
    /// It can be run. The warnings are about what may be wrong and may be meant.
    record Valid(ServicesSpec services, List<Problem> warnings) implements Loaded {
        public Valid {
            warnings = List.copyOf(warnings);
        }
    }

    /// It cannot, for these problems: at least one, by file, line and column. The warnings are
    /// about what else was seen.
    ///
    /// @param passing whether a host name could not be looked up: that may pass by itself
    record Invalid(List<Problem> problems, List<Problem> warnings, boolean passing)
            implements Loaded {
        public Invalid {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
        }
    }
}
