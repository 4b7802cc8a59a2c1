// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// State of a program as a dependency of those that start after it.
public enum DependencyState {
    /// All its workers were ready, once at the same time, since it began to run.
    UP,
    /// It runs and was not up yet.
    COMING,
    /// It waits for others itself.
    WAITING,
    /// It waits for one that failed or was stopped.
    HINDERED,
    /// It gave up, or a worker failed to come up again and again.
    FAILED,
    /// Nobody wants it to run.
    STOPPED
}
