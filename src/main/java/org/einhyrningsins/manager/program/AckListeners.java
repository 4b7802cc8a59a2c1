// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.channel.NewlineAckPipe;
import org.einhyrningsins.manager.output.AckLineMatcher;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.WorkerId;

import java.util.HashMap;
import java.util.Map;

/// Acknowledgements that workers of one program give without a message at a socket: by a newline on
/// a pipe (`ack.mode: fd`), or by a line of their output (`ack.mode: log`).
final class AckListeners {
    private final ProgramContext context;
    private final EventLoop eventLoop;
    private final Map<WorkerId, NewlineAckPipe> pipes = new HashMap<>(0);

    AckListeners(ProgramContext context, EventLoop eventLoop) {
        this.context = context;
        this.eventLoop = eventLoop;
    }

    /// Listens to a worker whose ack mode is one of these.
    void listen(WorkerProcess process) {
        WorkerId id = process.id();
        if (process.channels().ack() >= 0) {
            Runnable acked = () -> context.take(new ProgramEvent.Acked(id));
            pipes.put(id, new NewlineAckPipe(eventLoop, process.channels().ack(), acked));
        }
        Worker worker = context.worker(id);
        if (worker != null && worker.version().spec().ack().mode() instanceof AckSpec.Log log) {
            process.log().pipes().forEach(pipe -> pipe.watchForAck(matcher(id, log.match())));
        }
    }

    private AckLineMatcher matcher(WorkerId id, String match) {
        return new AckLineMatcher(
                match,
                () -> context.isStarting(id),
                () -> context.take(new ProgramEvent.Acked(id)),
                () -> reportSlowMatch(id));
    }

    private void reportSlowMatch(WorkerId id) {
        String what = "wrote a line on which the search for its ack takes too long; such lines are";
        String next = " passed over: make ack.match simpler";
        context.report(ProgramEffect.Severity.WARN, id, what + next);
    }

    /// Our end of a worker's ack pipe, for another manager to go on with; -1 if there is none.
    int descriptor(WorkerId id) {
        NewlineAckPipe pipe = pipes.get(id);
        return pipe == null ? -1 : pipe.fd();
    }

    /// Takes up what a dead worker wrote to its ack pipe, and closes it.
    void finish(WorkerId id) {
        NewlineAckPipe pipe = pipes.remove(id);
        if (pipe != null) {
            pipe.receive();
            pipe.close();
        }
    }

    /// Closes the ack pipe of a worker that is given up, whether it is listened to or not.
    void drop(WorkerProcess process) {
        NewlineAckPipe pipe = pipes.remove(process.id());
        if (pipe != null) {
            pipe.close();
        } else if (process.channels().ack() >= 0) {
            Descriptors.close(process.channels().ack());
        }
    }
}
