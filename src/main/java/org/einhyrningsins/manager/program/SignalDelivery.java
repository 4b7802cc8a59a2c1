// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;

import java.util.ArrayList;
import java.util.List;

/// A signal that an operator has sent to workers: who got it, and who did not.
///
/// @param reached whether anybody did, and nobody refused it
/// @param words for whoever asked
record SignalDelivery(boolean reached, String words) {
    /// Named one by one; the others are counted.
    private static final int MAX_NAMED = 8;

    ProgramEffect.Answer answer(long ticket) {
        return new ProgramEffect.Answer(ticket, reached, words, null);
    }

    /// Sends it. A job gets it as a process group, and so does what is left of a worker whose own
    /// process has ended.
    static SignalDelivery of(
            ProgramEffect.Deliver order, Program program, WorkerTable workerTable) {
        List<String> sent = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                WorkerProcess process = workerTable.of(worker.id());
                if (process != null && order.workers().contains(worker.id())) {
                    send(order.signal(), worker, process, sent, refused);
                    workerTable.signaled(worker.id());
                }
            }
        }
        return new SignalDelivery(
                refused.isEmpty() && !sent.isEmpty(),
                program.name() + ": " + words(order.signal(), sent, refused));
    }

    private static void send(
            Signal signal,
            Worker worker,
            WorkerProcess process,
            List<String> sent,
            List<String> refused) {
        boolean rest = worker.state() instanceof WorkerState.Stopping s && s.leaderless();
        boolean group = rest || worker.version().spec().job() != null; // its pid is the monitor's
        try {
            boolean there =
                    group
                            ? ProcessGroups.killGroup(process.pidfd(), process.pid(), signal)
                            : Processes.kill(process.pidfd(), signal);
            if (there) {
                sent.add(name(worker, process, group));
            }
        } catch (PosixException e) { // it became another user, and we are not root
            refused.add("pid " + process.pid() + ": " + e.getMessage());
        }
    }

    private static String name(Worker worker, WorkerProcess process, boolean group) {
        String what = group ? "process group " : "pid ";
        String state = worker.state().word();
        return what + process.pid() + " (slot " + worker.id().slot() + ", " + state + ")";
    }

    private static String words(Signal signal, List<String> sent, List<String> refused) {
        String count = sent.size() == 1 ? "1 worker: " : sent.size() + " workers: ";
        String who = sent.isEmpty() ? "no worker, as none runs" : count + list(sent);
        String failed = "cannot be sent to " + list(refused);
        if (refused.isEmpty()) {
            return signal + " sent to " + who;
        }
        return signal + (sent.isEmpty() ? " " : " sent to " + who + "; it ") + failed;
    }

    private static String list(List<String> names) {
        int more = names.size() - MAX_NAMED;
        return more <= 0
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, MAX_NAMED)) + " and " + more + " more";
    }
}
