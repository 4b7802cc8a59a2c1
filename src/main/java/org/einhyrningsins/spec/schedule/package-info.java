// SPDX-License-Identifier: GPL-3.0-or-later

/// Schedules of jobs: cron's expressions, and when they are due in a time zone.
///
/// All of it is pure: the manager asks [ScheduleTimes] what comes after a time, and the core
/// decides what a program does then.
@NullMarked
package org.einhyrningsins.spec.schedule;

import org.jspecify.annotations.NullMarked;
