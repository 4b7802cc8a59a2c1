// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.spawn.PendingChild;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The workers of one program whose processes are there and do not execute their program yet,
/// longer than the loop waits for it. No descriptor tells when one does, so they are looked at:
/// soon at first, then four times a second.
public final class DelayedSpawns {
    private static final Duration SOONEST = Duration.ofMillis(1);
    private static final Duration LATEST = Duration.ofMillis(250);
    private static final Duration WORTH_A_WORD = Duration.ofSeconds(1);
    private static final int SHARE = 8;

    /// Maximum number: each spawned child holds 64 KiB and more until it executes its program.
    public static final int MAX_COUNT = 16;

    private final Map<WorkerId, Late> late = new LinkedHashMap<>(0);
    private @Nullable Moment due;

    /// Spawn that is delayed.
    ///
    /// @param birth null if it was begun by another manager
    private record Late(
            WorkerProcess process, @Nullable PendingChild birth, Moment since, boolean told) {
        boolean underWay() {
            return birth == null ? ProcessStatus.isBeforeExecve(process.pid()) : birth.underWay();
        }
    }

    /// Listener for delayed spawns.
    public interface DelayListener {
        /// Handles a worker that executes its program now.
        void executed(WorkerId id);

        /// Handles a worker that does not, after a while.
        void waits(WorkerId id, Duration time);
    }

    /// Adds a worker that does not execute its program yet.
    ///
    /// @param pendingChild null if it was begun by another manager
    public void add(WorkerProcess process, @Nullable PendingChild pendingChild) {
        Moment now = Clock.now();
        late.put(process.id(), new Late(process, pendingChild, now, false));
        due = Moment.earlier(due, now.plus(SOONEST));
    }

    /// True if that worker is among them.
    boolean has(WorkerId id) {
        return late.containsKey(id);
    }

    /// True if another spawn may begin. At the maximum, waits for the eldest.
    ///
    /// @param nanos maximum time to wait
    public boolean room(long nanos) {
        int count = 0;
        PendingChild eldest = null;
        for (Late each : late.values()) {
            PendingChild pendingChild = each.birth();
            if (pendingChild != null && pendingChild.underWay()) {
                count++;
                eldest = eldest == null ? pendingChild : eldest;
            }
        }
        return count < MAX_COUNT || eldest == null || eldest.await(nanos);
    }

    /// Returns the time of the next check; null if there are none.
    public @Nullable Moment due() {
        return due;
    }

    /// Looks at them, if that is due. One that failed is told of when it is dead.
    public void look(Moment now, DelayListener listener) {
        if (due == null || !due.reached(now)) {
            return;
        }
        due = null;
        for (Late each : List.copyOf(late.values())) {
            WorkerId id = each.process().id();
            Duration time = now.since(each.since());
            if (each.underWay()) {
                boolean word = !each.told() && time.compareTo(WORTH_A_WORD) >= 0;
                if (word) {
                    late.put(id, new Late(each.process(), each.birth(), each.since(), true));
                    listener.waits(id, time);
                }
                due = Moment.earlier(due, now.plus(pause(time)));
            } else if (each.birth() == null || each.birth().failure() == null) {
                late.remove(id);
                listener.executed(id);
            }
        }
    }

    private static Duration pause(Duration time) {
        Duration some = time.dividedBy(SHARE);
        Duration least = some.compareTo(SOONEST) < 0 ? SOONEST : some;
        return least.compareTo(LATEST) > 0 ? LATEST : least;
    }

    /// Removes a dead worker.
    ///
    /// @return reason why it could not execute its program; null for another end
    public @Nullable SpawnException ended(WorkerId id) {
        Late one = late.remove(id);
        PendingChild pendingChild = one == null ? null : one.birth();
        return pendingChild == null || pendingChild.underWay() ? null : pendingChild.failure();
    }

    /// The processes of them all.
    public List<WorkerProcess> processes() {
        List<WorkerProcess> processes = new ArrayList<>(late.size());
        late.values().forEach(each -> processes.add(each.process()));
        return processes;
    }
}
