// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotDecoder;
import org.einhyrningsins.manager.snapshot.SnapshotException;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// Reads the files that a manager which was killed left in its state directory. A file that makes
/// no sense is set aside, which is said; one that cannot be read this time fails the start, since
/// to start without it would be to forget workers that live.
final class StateReader {
    private static final int MAX_BYTES = 64 * 1024 * 1024;

    private final StateDirectory state;
    private final ManagerLog managerLog;

    StateReader(StateDirectory state, ManagerLog managerLog) {
        this.state = state;
        this.managerLog = managerLog;
    }

    /// The files of the manager itself.
    ///
    /// @param manager its snapshot; null if there is none that can be used
    /// @param journal empty if there is none
    record ManagerFiles(@Nullable ManagerSnapshot manager, StateJournal.Read journal) {}

    /// Reads the files of the manager itself. Nothing is set aside until both were read.
    ManagerFiles readManager() throws StartException {
        String manager = read(SnapshotWriter.MANAGER);
        String journal = read(SnapshotWriter.NOTES);
        return new ManagerFiles(
                decode(SnapshotWriter.MANAGER, manager, ManagerSnapshot.class),
                StateJournal.read(journal == null ? "" : journal));
    }

    /// Reads the snapshot of a program; null if there is none that can be used.
    @Nullable ProgramSnapshot program(String file) throws StartException {
        return decode(file, read(file), ProgramSnapshot.class);
    }

    /// Reads the manager's own snapshot if that is possible; says nothing, and leaves everything as
    /// it is.
    static @Nullable ManagerSnapshot glance(StateDirectory state) {
        try {
            byte[] bytes = state.read(SnapshotWriter.MANAGER, MAX_BYTES);
            String text = bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
            return SnapshotDecoder.read(text, ManagerSnapshot.class);
        } catch (IOException | SnapshotException e) {
            return null;
        }
    }

    private <T extends Record> @Nullable T decode(
            String file, @Nullable String text, Class<T> type) {
        try {
            return text == null ? null : SnapshotDecoder.read(text, type);
        } catch (SnapshotException e) {
            setAside(file, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private @Nullable String read(String file) throws StartException {
        try {
            byte[] bytes = state.read(file, MAX_BYTES);
            return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
        } catch (StateDirectory.Foreign e) {
            setAside(file, RuntimeFiles.why(e));
            return null;
        } catch (IOException e) {
            throw new StartException(
                    ExitStatus.FAILED,
                    "cannot start: cannot read "
                            + state.path().resolve(file)
                            + ", by which a manager before this one is known: "
                            + RuntimeFiles.why(e)
                            + "; start it again, or remove that file to forget its workers");
        }
    }

    private void setAside(String file, String why) {
        String where;
        try {
            where = "; it is now " + state.setAside(file);
        } catch (IOException e) {
            where = ", nor moved: " + RuntimeFiles.why(e);
        }
        managerLog.error(
                "",
                "cannot use "
                        + state.path().resolve(file)
                        + ", which a manager before this one left: "
                        + why
                        + where
                        + "; its workers are looked for by what they carry"
                        + " (EINHYRNINGSINS_WORKER in their environment, control groups)");
    }
}
