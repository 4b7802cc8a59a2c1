// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.manager.output.OutputPipe;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.snapshot.KeptDescriptor;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A process of ours: the manager's side of a worker.
///
/// @param pid also the number of its process group
/// @param pidfd readable when it is dead
/// @param line our end of its EINHORN_SOCK_FD; -1 if it has none
/// @param ack our end of its EINHORN_ACK_FD when it was born; -1 if it had none
/// @param bornMillis wall clock, for people
/// @param log file that it writes to; null if it is none
/// @param logOffset length of that file at its start
/// @param logFile which file that was; null if it is not known, or written by us
/// @param adopted it is the child of a manager that was killed, and no longer of anybody of ours
/// @param pipes how what it writes gets to where it goes, if we bring it: one, or one for its
///   standard output and one for its standard error
public record WorkerProcess(
        WorkerId id,
        int pid,
        int pidfd,
        int line,
        int ack,
        int uid,
        long bornMillis,
        @Nullable Path log,
        long logOffset,
        AppendFiles.@Nullable Extent logFile,
        boolean adopted,
        List<OutputPipe> pipes) {
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
                image.pid(),
                image.pidfd(),
                image.line(),
                ack(image, SpawnTemplate.ackNumber(spec)),
                image.uid(),
                image.bornMillis(),
                image.log(),
                image.logOffset(),
                image.logFile(),
                image.adopted(),
                pipes);
    }

    /// If the manager it was born under was killed, the pipe is still there in the worker, with all
    /// that was said on it meanwhile.
    ///
    /// @param number under which the worker has it; -1 for none
    private static int ack(WorkerSnapshot image, int number) {
        int kept = image.descriptor(ACK);
        boolean lost = kept < 0 && number >= 0 && image.adopted();
        return lost ? reopen(image, number) : kept;
    }

    private static int reopen(WorkerSnapshot image, int number) {
        long inode = image.inode(ACK);
        Integer fd =
                ProcReader.ask(image.id(), () -> OutputPipes.reopenOwn(image.pid(), number, inode))
                        .answer();
        return fd == null ? -1 : fd;
    }

    /// Returns the snapshot of this worker.
    ///
    /// @param words the status that it last sent
    /// @param open the descriptor of [#ack] if it is open; else -1
    /// @param startTicks as [Processes#startTime] has it
    public WorkerSnapshot image(String words, int open, long startTicks) {
        return new WorkerSnapshot(
                id,
                pid,
                startTicks,
                pidfd,
                line,
                uid,
                bornMillis,
                log,
                logOffset,
                logFile,
                adopted,
                words,
                kept(open));
    }

    private List<KeptDescriptor> kept(int open) {
        List<KeptDescriptor> kept = new ArrayList<>(3);
        for (int i = 0; i < pipes.size(); i++) {
            OutputPipe pipe = pipes.get(i);
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
