// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.jspecify.annotations.Nullable;

/// A child on its way to its program: it exists, and runs its list of system calls ([Spawner]). One
/// of them may wait for whoever owns its executable, an interpreter of that, or its directory (a
/// lease, a FUSE file system, a frozen one): as long as they like. It shares our memory until then.
public final class PendingChild {
    private final Spawner spawner;
    private final ChildProgram list;
    private final SpawnRequest order;
    private final SpawnedChild child;
    private boolean over;
    private @Nullable SpawnException failure;

    PendingChild(Spawner spawner, ChildProgram list, SpawnRequest order, SpawnedChild child) {
        this.spawner = spawner;
        this.list = list;
        this.order = order;
        this.child = child;
    }

    /// The child, whatever becomes of it.
    public SpawnedChild child() {
        return child;
    }

    /// True if it is still on its way.
    public boolean underWay() {
        return !await(0);
    }

    /// Waits until it executes its program, or has failed to.
    ///
    /// @param nanos maximum wait; below 0 for no limit
    /// @return false if it is still on its way
    public boolean await(long nanos) {
        if (!over && list.await(nanos)) {
            over = true;
            failure = outcome();
            ChildGate childGate = order.confinement().gate();
            if (childGate != null) {
                childGate.close();
            }
            spawner.finished(this);
        }
        return over;
    }

    /// Returns the list, which another child can use when this one is finished.
    ChildProgram list() {
        return list;
    }

    /// True if the child changes its user.
    boolean changesUser() {
        return order.identity().credentials() != null;
    }

    /// Returns the failure to execute its program; null if it does, was killed on its way, or is
    /// still on it. A child that failed ends with exit status 127, or is killed.
    public @Nullable SpawnException failure() {
        return failure;
    }

    private @Nullable SpawnException outcome() {
        if (list.errno() == 0) {
            return order.monitored()
                    ? null // its child does so
                    : SchedulingSteps.placeInMemory(order.confinement().scheduling(), child);
        }
        String step = list.failedStep();
        ChildGate childGate = order.confinement().gate();
        SpawnException refusal = childGate == null ? null : childGate.refusal();
        if (refusal != null && step.equals(ChildGate.STEP)) {
            return refusal;
        }
        return new SpawnException(
                step, list.errno(), SpawnAdvice.forStep(order.command(), step, list.errno()));
    }
}
