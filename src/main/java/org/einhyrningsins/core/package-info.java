// SPDX-License-Identifier: GPL-3.0-or-later
/// The heart: what one program is, and what happens to it. Events in, effects out; no I/O, no
/// clock, no threads, no randomness.
///
/// A [Program] is a value. [Program#step] takes what happened and the time, and returns the program
/// as it is then with the orders that follow from it. The manager carries the orders out and comes
/// back with what came of them. No timer is ever armed: every deadline is a field, and the manager
/// asks for the earliest one.
///
/// **Slots.** A program of four workers has slots 0 to 3. A slot has at most one *current* worker,
/// the one meant to serve; during a rollout perhaps a *successor*, which is to take its place; and
/// any number of *leaving* ones that were told to go and have not gone yet. Whoever is current or
/// successor has not been told to go, whoever is leaving has been.
///
/// **A step** has three parts: the event changes what it is about; deadlines that have passed take
/// effect; then the program is *reconciled*: whatever is missing is spawned, whatever is too much
/// is told to go, the rollout goes on as far as it may, and commands whose outcome is known are
/// answered. Reconciling looks only at the state, never at how it came about, so there is no order
/// of events that it does not know what to do with.
///
/// **Who does what.** [ProgramStep] is a step; [StepContext] is the program while it changes;
/// [WorkerStop] stops a worker, with one signal after the other; [DeadlineHandler] finds whose time
/// is over. [CommandHandler] takes the operator's commands, [DependencyGate] waits for other
/// programs, [RestartPolicy] decides about a death ([org.einhyrningsins.core.model.CrashHistory]: a
/// crash loop), [HealthMonitor] about a worker that is up, with [HealthChecks]. Reconciling is done
/// by [SlotScaling] (how many), [RolloutStrategy] with [RolloutCapacity], [FirstWorkerTrial] and
/// [CanaryWatch] (the next version), [RolloutFailure], [Rollback] and [FailedVersionTracker] (the
/// version before), [WorkerReplacement] (one worker), and [RequestAnswers]. [Recovery] begins where
/// a manager was killed. `core.observe` reads conditions and facts off a program.
///
/// **Two definitions.** `serving` is the one respawns use. A rollout has its *target*; slots that
/// were moved to it respawn with it while the rollout lasts. When it succeeds, the target becomes
/// `serving`; when it fails, nothing is left of it but the workers that already serve.
///
/// **Canaries.** A rollout with a [org.einhyrningsins.core.model.CanaryState] goes no further than
/// its first workers until they have been watched for long enough. When it fails, or the operator
/// aborts any, the workers that it placed are recalled: [WorkerReplacement] replaces them with the
/// version that serves, which is the old one.
///
/// **How many.** During a rollout a slot is counted as one process whether it is filled or not, so
/// that a refill never exceeds the surge; those told to go by the rollout count until they are gone
/// or known to be stuck. What the operator ordered (stop, restart, scale) is not counted.
///
/// ```
///   worker:   Starting --ack--> [Settling --settle--> ] Ready        (current or successor)
///                 |                  |                    |
///                 +------ told to go: stop, scale, retire, no ack --+--> Stopping --> gone
///             (Stopping goes on without the worker's own process, until its process group is empty)
///   rollout:  [Preparing --tasks done--> ]    (tasks that fail: failed, nothing was started)
///             [Canary --up--> Watching --time, promote--> ] Advancing --all moved--> Draining
///                 |               |                             |          --old ones gone--> done
///                 +---------------+-- a death, ill, no ack -----+--> failed: old version kept
///   phase:    Stopped <--start/stop--> Running --give-up--> Failed --start, reload--> Running
///             Stopped, Failed --start--> Waiting --admitted--> Running     (who comes after others)
/// ```
@NullMarked
package org.einhyrningsins.core;

import org.jspecify.annotations.NullMarked;
