// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// State of a program as a dependency of those that start after it.
public enum DependencyState {
    /// Up: all its workers were ready, once at the same time, since it began to run.
    UP,
    /// Running, and not up yet.
    STARTING,
    /// Waiting for others itself.
    WAITING,
    /// Waiting for one that failed or was stopped.
    BLOCKED,
    /// Failed: it gave up, or a worker failed to come up again and again.
    FAILED,
    /// Stopped on purpose.
    STOPPED
}
