// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.WorkerId;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Append-only log of what happened since the last snapshots, as far as it could not be found out
/// later.
///
/// A line for each worker that was spawned, which the worker itself writes before it executes its
/// program, one for each ack, and one for each exit; the last two are written before anybody acts
/// on them: the kernel says only once how a process ended. Once the snapshots have it, the lines
/// are removed. A journal without a `noted` line at its beginning was begun anew, by a manager that
/// had not written its snapshots yet: what was noted before is lost.
///
/// ```
///   noted
///   born PROGRAM SLOT INCARNATION GENERATION TICKS PID     TICKS since boot, a little before
///   acked PROGRAM SLOT INCARNATION
///   ended PROGRAM SLOT INCARNATION CODE SIGNAL CORE LEFT OOM     the parts of its Exit
/// ```
public final class StateJournal {
    private static final String NOTED = "noted";
    private static final String SPAWNED = "born";
    private static final String ACKED = "acked";
    private static final String ENDED = "ended";
    private static final String SHARED = " shared";

    /// Space reserved for some hundred lines: spawns while the disk is full must not be lost.
    private static final long ROOM = 16 * 1024;

    private final int file;
    private final long inode;
    private boolean some = true;
    private boolean room;

    /// Appends to a file that is open.
    ///
    /// @param file to append to
    public StateJournal(int file) {
        this.file = file;
        inode = Sockets.inode(file);
        room = Descriptors.reserve(file, ROOM);
    }

    /// True if the next spawns can be noted, come what may.
    public boolean hasRoom() {
        return room;
    }

    public int file() {
        return file;
    }

    /// Returns the inode number of its file.
    public long inode() {
        return inode;
    }

    /// Returns the note that a worker about to be spawned shall write; its pid follows.
    public String spawnNote(String program, WorkerId id, int generation) {
        some = true;
        return SPAWNED
                + ' '
                + program
                + ' '
                + id.slot()
                + ' '
                + id.incarnation()
                + ' '
                + generation
                + ' '
                + BootId.ticks()
                + ' ';
    }

    /// A worker said that it is up. If it cannot be noted, it is believed all the same.
    public void acked(String program, WorkerId id) {
        some = true;
        append(ACKED + ' ' + program + ' ' + id.slot() + ' ' + id.incarnation() + '\n');
    }

    /// A worker's process ended. If it cannot be noted, the next manager does not know how.
    public void ended(String program, WorkerId id, WorkerExit workerExit) {
        some = true;
        append(
                ENDED
                        + ' '
                        + program
                        + ' '
                        + id.slot()
                        + ' '
                        + id.incarnation()
                        + ' '
                        + workerExit.code()
                        + ' '
                        + workerExit.signal()
                        + ' '
                        + workerExit.core()
                        + ' '
                        + workerExit.left()
                        + ' '
                        + workerExit.oom()
                        + (workerExit.shared() ? SHARED : "")
                        + '\n');
    }

    /// The images have all of it.
    public void clear() {
        boolean begun = some;
        if (some) {
            some = false;
            Descriptors.truncate(file, 0);
            room = false;
        }
        if (!room) {
            room = Descriptors.reserve(file, ROOM);
        }
        if (begun) {
            append(NOTED + '\n'); // else the next manager looks for workers everywhere
        }
    }

    /// Writes a line, if that can be.
    private void append(String line) {
        try {
            Descriptors.write(file, ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        } catch (PosixException full) {
            // what it says can be found out, or is asked for once more
        }
    }

    /// Content of the journal.
    ///
    /// @param whole true if nothing was lost since the snapshots were written
    public record Read(List<SpawnNote> spawns, List<Ack> acks, List<End> ends, boolean whole) {
        /// Returns the exits of a program's workers that were seen.
        public Map<WorkerId, WorkerExit> ends(String program) {
            Map<WorkerId, WorkerExit> its = new HashMap<>();
            for (End end : ends) {
                if (end.program().equals(program)) {
                    its.put(end.id(), end.exit());
                }
            }
            return its;
        }
    }

    public record SpawnNote(String program, WorkerId id, int generation, long ticks, int pid) {}

    public record Ack(String program, WorkerId id) {}

    record End(String program, WorkerId id, WorkerExit exit) {}

    /// Reads notes. The last line may be torn; what makes no sense is no note.
    public static Read read(String text) {
        List<SpawnNote> births = new ArrayList<>();
        List<Ack> acks = new ArrayList<>();
        List<End> ends = new ArrayList<>();
        for (String line : text.replace("\0", "").split("\n", -1)) {
            String[] words = line.split(" ", -1);
            try {
                if (words.length == 7 && words[0].equals(SPAWNED)) {
                    births.add(
                            new SpawnNote(
                                    words[1],
                                    id(words),
                                    Integer.parseInt(words[4]),
                                    Long.parseLong(words[5]),
                                    Integer.parseInt(words[6])));
                } else if (words.length == 4 && words[0].equals(ACKED)) {
                    acks.add(new Ack(words[1], id(words)));
                } else if (words.length >= 9 && words.length <= 10 && words[0].equals(ENDED)) {
                    ends.add(new End(words[1], id(words), exit(words)));
                }
            } catch (NumberFormatException torn) {
                // no note
            }
        }
        return new Read(births, acks, ends, text.startsWith(NOTED + '\n'));
    }

    private static WorkerExit exit(String[] words) {
        return new WorkerExit(
                Integer.parseInt(words[4]),
                Integer.parseInt(words[5]),
                Boolean.parseBoolean(words[6]),
                Integer.parseInt(words[7]),
                Boolean.parseBoolean(words[8]),
                words.length == 10);
    }

    private static WorkerId id(String[] words) {
        return new WorkerId(Integer.parseInt(words[2]), Long.parseLong(words[3]));
    }
}
