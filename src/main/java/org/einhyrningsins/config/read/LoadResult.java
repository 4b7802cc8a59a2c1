// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Result of loading a file.
public sealed interface LoadResult {
    /// Valid configuration. The warnings are about what may be wrong and may be meant.
    record Valid(ServicesSpec services, List<ConfigProblem> warnings) implements LoadResult {
        public Valid {
            warnings = List.copyOf(warnings);
        }
    }

    /// Invalid configuration, with its problems: at least one, by file, line and column. The
    /// warnings are about what else was seen.
    ///
    /// @param passing true if a host name could not be looked up, which may succeed later
    /// @param whereabouts the paths that could be read, to find the state of an earlier manager
    record Invalid(
            List<ConfigProblem> problems,
            List<ConfigProblem> warnings,
            boolean passing,
            Whereabouts whereabouts)
            implements LoadResult {
        public Invalid {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
        }
    }

    /// The places of a manager's own files, as far as its definition names them.
    record Whereabouts(ControlSpec control, @Nullable Path stateDirectory) {
        static final Whereabouts UNKNOWN = new Whereabouts(ControlSpec.DEFAULT, null);

        static Whereabouts of(ServicesSpec services) {
            return new Whereabouts(services.control(), services.stateDirectory());
        }
    }
}
