// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Keeps new connections away from slots that nobody serves any more, where each slot has a
/// listener of its own; and says when a worker that is to leave such a slot has served who waited.
///
/// It looks only at how programs are, so a manager that goes on for another goes on with this too.
/// Datagrams are left where they come: who sends them has no connection, and a worker that is told
/// to go may know what became of its flows.
public final class ReuseportSteering {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(10);

    private final SocketTable sockets;
    private final ProgramTable programTable;
    private boolean mayDiffer = true;
    private boolean draining;

    public ReuseportSteering(SocketTable sockets, ProgramTable programTable) {
        this.sockets = sockets;
        this.programTable = programTable;
    }

    /// A program, or what is bound, may have changed.
    public void changed() {
        mayDiffer = true;
    }

    /// Steers, and tells programs whose workers are drained.
    ///
    /// @return when to look again, if nothing happens before; null for never
    public @Nullable Moment turn(Moment now) {
        if (!sockets.queues().anyOpen() || !(mayDiffer || draining)) {
            return null;
        }
        if (mayDiffer) {
            mayDiffer = false;
            sockets.queues().steer(this::serves);
        }
        draining = false;
        List<Runnable> drained = new ArrayList<>();
        for (ProgramHost host : programTable.everyHost()) {
            for (Slot slot : host.program().slots()) {
                slot.leaving().forEach(worker -> look(host, worker, now, drained));
            }
        }
        drained.forEach(Runnable::run);
        return draining ? now.plus(drained.isEmpty() ? LOOK_AGAIN : Duration.ZERO) : null;
    }

    private void look(ProgramHost host, Worker worker, Moment now, List<Runnable> drained) {
        if (worker.state() instanceof WorkerState.Stopping stopping && stopping.draining()) {
            draining = true;
            WorkerId id = worker.id();
            if (stopping.settled(now)
                    && !sockets.queues().waits(worker.version().spec(), id.slot())) {
                drained.add(() -> host.take(new ProgramEvent.Drained(id)));
            }
        }
    }

    /// True if a slot's connections are, or will be, served by any program. A slot whose worker
    /// died and is about to be replaced counts as served.
    private boolean serves(SocketKey key, int index) {
        for (ProgramHost host : programTable.everyHost()) {
            Program program = host.program();
            if (index < program.slots().size() && names(program.newest(), key)) {
                Slot slot = program.slots().get(index);
                Worker current = slot.current();
                boolean able = current == null || names(current.version().spec(), key);
                if (able && program.wants(slot)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean names(ProgramSpec spec, SocketKey key) {
        for (SocketSpec socket : spec.sockets()) {
            if (socket.ownQueue() && SocketKey.of(spec, socket).equals(key)) {
                return true;
            }
        }
        return false;
    }
}
