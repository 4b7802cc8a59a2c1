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

    /// It cannot, for these reasons: at least one, by file, line and column.
    record Invalid(List<Problem> problems) implements Loaded {
        public Invalid {
            problems = List.copyOf(problems);
        }
    }
}
