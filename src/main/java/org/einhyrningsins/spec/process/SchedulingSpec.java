// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.process;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Scheduling of a worker: processors, I/O priority, OOM score. Null, or empty, means the same as
/// the manager.
///
/// @param oomScoreAdj -1000 (never killed) to 1000 (killed first) when memory runs out: see
///   proc_pid_oom_score_adj(5)
/// @param cpus numbers of the processors that it may run on, each once, ascending
/// @param ioClass see ioprio_set(2)
public record SchedulingSpec(
        @Nullable Integer oomScoreAdj, List<Integer> cpus, @Nullable IoClass ioClass) {
    /// No settings.
    public static final SchedulingSpec NONE = new SchedulingSpec(null, List.of(), null);

    /// Number above that of any processor.
    public static final int MAX_CPUS = 8192;

    public SchedulingSpec {
        cpus = List.copyOf(new TreeSet<>(Set.copyOf(cpus)));
    }

    /// A class of the I/O scheduler, with a level in it.
    ///
    /// @param level 0, the first, to 7; 0 for those that have none
    public record IoClass(Kind kind, int level) {
        /// The classes.
        public enum Kind {
            REALTIME(1),
            BEST_EFFORT(2),
            IDLE(3);

            private final int number;

            /// @param number the kernel's
            Kind(int number) {
                this.number = number;
            }
        }

        /// Returns the class and level as ioprio_set(2) takes them.
        public int priority() {
            return kind.number << 13 | level;
        }
    }
}
