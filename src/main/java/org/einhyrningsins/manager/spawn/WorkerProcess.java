// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.manager.output.OutputPipe;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.snapshot.KeptDescriptor;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;

import java.util.ArrayList;
import java.util.List;

/// A process of ours: the manager's side of a worker.
public record WorkerProcess(
        WorkerId id, WorkerSnapshot.ProcessState process, WorkerChannels channels, WorkerLog log) {
    /// The name of our end of the pipe it writes to.
    static final String OUTPUT = "output";

    /// The name of our end of the pipe it writes to on its standard error, if that is another.
    static final String ERRORS = "errors";

    /// The name of our end of the pipe it says on that it is up.
    static final String ACK = "ack";

    /// Makes the record of a worker that another manager had spawned.
    ///
    /// @param spec the definition it was started with
    public static WorkerProcess of(WorkerSnapshot image, ProgramSpec spec, List<OutputPipe> pipes) {
        return new WorkerProcess(
                image.id(),
                image.process(),
                WorkerChannels.of(image.ackSocket(), ack(image, SpawnTemplate.ackNumber(spec))),
                new WorkerLog(image.log().path(), image.log().offset(), image.log().file(), pipes));
    }

    /// If the manager it was started by was killed, the pipe is still there in the worker, with all
    /// that was said on it meanwhile.
    ///
    /// @param number under which the worker has it; -1 for none
    private static int ack(WorkerSnapshot image, int number) {
        int kept = image.descriptor(ACK);
        boolean lost = kept < 0 && number >= 0 && image.process().adopted();
        return lost ? reopen(image, number) : kept;
    }

    private static int reopen(WorkerSnapshot image, int number) {
        long inode = image.inode(ACK);
        Integer fd =
                ProcReader.ask(image.id(), () -> OutputPipes.reopenOwn(image.pid(), number, inode))
                        .answer();
        return fd == null ? -1 : fd;
    }

    /// The number of its process, and of its process group.
    public int pid() {
        return process.pid();
    }

    /// A descriptor of its process: readable when that is dead.
    public int pidfd() {
        return process.pidfd();
    }

    /// Its user; -1 for the manager's.
    public int uid() {
        return process.uid();
    }

    /// When it was spawned, by the wall clock, for people.
    public long bornMillis() {
        return process.bornMillis();
    }

    /// True if it is the child of a manager that was killed, and no longer of anybody of ours.
    public boolean adopted() {
        return process.adopted();
    }

    /// Returns the snapshot of this worker.
    ///
    /// @param words the status that it last sent
    /// @param open the descriptor of [WorkerChannels#ack] if it is open; else -1
    public WorkerSnapshot image(String words, int open) {
        return new WorkerSnapshot(
                id,
                process,
                channels.ackSocket(),
                new WorkerSnapshot.Log(log.file(), log.offset(), log.extent()),
                words,
                kept(open));
    }

    private List<KeptDescriptor> kept(int open) {
        List<KeptDescriptor> kept = new ArrayList<>(3);
        for (int i = 0; i < log.pipes().size(); i++) {
            OutputPipe pipe = log.pipes().get(i);
            if (!pipe.ended()) { // then its number may be another's
                kept.add(new KeptDescriptor(i == 0 ? OUTPUT : ERRORS, pipe.fd(), pipe.inode()));
            }
        }
        if (open >= 0) {
            kept.add(new KeptDescriptor(ACK, open, Sockets.inode(open)));
        }
        return kept;
    }
}
