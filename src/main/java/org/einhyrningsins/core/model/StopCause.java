// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// Reason why a worker was told to stop.
public enum StopCause {
    /// Its successor took its place.
    RETIRED,
    /// The program was given fewer workers.
    SCALED,
    /// The operator stopped it.
    STOPPED,
    /// The operator restarted it: its slot waits until it is gone.
    RESTARTED,
    /// It was not up in time.
    FAILED_START,
    /// Its rollout was given up.
    WITHDRAWN,
    /// It was up, and its watchdog expired: its slot waits until it is gone.
    HUNG,
    /// It is of a job, and did not end in time: its slot waits until it is gone.
    OVERDUE,
    /// It stops before another starts, as `replace` has it: its slot waits until it is gone.
    REPLACED,
    /// Its own process ended while there was no manager, others of its process group live.
    LEFT_BEHIND;

    /// Describes it for a person.
    public String words() {
        return switch (this) {
            case RETIRED -> "its successor is up";
            case SCALED -> "fewer workers are wanted";
            case STOPPED -> "stopped by the operator";
            case RESTARTED -> "restarted by the operator";
            case FAILED_START -> "it did not come up in time";
            case HUNG -> "it gives no sign of life";
            case OVERDUE -> "it takes too long";
            case WITHDRAWN -> "its rollout was given up";
            case REPLACED -> "another comes when it is gone";
            case LEFT_BEHIND -> "its process ended, others of it live";
        };
    }

    /// The word for it in metrics. Dashboards ask for it, and counts under it outlive the manager,
    /// so it stays whatever the constant is called.
    public String word() {
        return switch (this) {
            case RETIRED -> "retired";
            case SCALED -> "scaled";
            case STOPPED -> "stopped";
            case RESTARTED -> "restarted";
            case FAILED_START -> "failed-start";
            case WITHDRAWN -> "withdrawn";
            case HUNG -> "hung";
            case OVERDUE -> "overdue";
            case REPLACED -> "replaced";
            case LEFT_BEHIND -> "left-behind";
        };
    }
}
