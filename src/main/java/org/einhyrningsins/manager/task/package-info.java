// SPDX-License-Identifier: GPL-3.0-or-later

/// What runs beside workers: tasks of rollouts, and jobs by their schedules.
///
/// A task is a program of its own, so all that is decided about it is decided in the core. Here is
/// who says to it that it is time: [TaskRuns] when a rollout asks, [Schedules] when the clock does.
@NullMarked
package org.einhyrningsins.manager.task;

import org.jspecify.annotations.NullMarked;
