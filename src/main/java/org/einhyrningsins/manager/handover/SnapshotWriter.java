// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotEncoder;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Writes down what another manager needs if this one is killed: images of the programs that
/// changed, a moment later and all at once, never on the way from a death to the worker that
/// follows. What happens in that moment is in the [StateJournal], or can be found out.
///
/// It is of this boot only, so nothing waits for a disk. What cannot be written (a full disk) is
/// said once, and tried again.
public final class SnapshotWriter {
    static final String MANAGER = "manager.json";
    public static final String NOTES = "notes";

    /// Maximum time that a change waits to be written together with others.
    private static final Duration SOON = Duration.ofMillis(20);

    /// A worker started now would be known to nobody until the images are written.
    private static final String NO_ROOM = "no room on the disk for the state journal";

    private final StateDirectory state;
    private final ManagerLog managerLog;
    private final ProgramTable programTable;
    private final ProgramFiles programFiles;
    private final Set<ProgramHost> changed = new LinkedHashSet<>();
    private final SnapshotEncoder writer = new SnapshotEncoder();
    private StateJournal stateJournal;
    private Participant participant = Participant.NONE;
    private String manager = "";
    private List<String> listed = List.of();
    private @Nullable Moment due;
    private boolean failing;

    /// The inode of the directory that all of this is in; 0 if nobody knows.
    private long directory;

    /// Each file is to be looked for, not only those without which the others are nothing.
    private boolean suspicious;

    private boolean errorReported;

    /// Takes part when all is written again.
    public interface Participant {
        /// Takes no part.
        Participant NONE = stateJournal -> {};

        /// All was lost and is written again, in a directory that is perhaps another.
        ///
        /// @param stateJournal those to write to from now on
        void writtenAgain(StateJournal stateJournal) throws IOException;
    }

    /// Writes into a state directory that is locked.
    ///
    /// @param notes descriptor of the notes; see [#lock]
    public SnapshotWriter(
            StateDirectory state, ProgramTable programTable, ManagerLog managerLog, int notes) {
        this.state = state;
        this.programTable = programTable;
        this.programFiles = new ProgramFiles(state, programTable);
        this.managerLog = managerLog;
        this.stateJournal = new StateJournal(notes);
        directory = RuntimeFiles.inode(state.path());
        if (!this.stateJournal.hasRoom()) {
            failed(NO_ROOM);
        }
    }

    /// Opens the notes and keeps every other manager from doing so.
    ///
    /// @return their descriptor; -1 if the directory cannot be written to, which is said
    public static int lock(StateDirectory state, ManagerLog managerLog) throws StartException {
        try {
            state.make();
            int fd = Descriptors.lock(state.path().resolve(NOTES));
            if (fd < 0) {
                throw new StartException(
                        ExitStatus.FAILED,
                        "cannot start: another manager uses the state directory "
                                + state.path()
                                + "; use that manager, or another state-dir");
            }
            return fd;
        } catch (IOException e) {
            ignoreState(state, managerLog, RuntimeFiles.why(e));
        } catch (PosixException e) {
            if (isTransient(e.errno())) {
                throw new StartException(
                        ExitStatus.FAILED,
                        "cannot start: "
                                + e.getMessage()
                                + "; workers that another manager left would not be known: raise"
                                + " the limit, or end what holds so many, and start again");
            }
            ignoreState(state, managerLog, String.valueOf(e.getMessage()));
        }
        return -1;
    }

    /// True for a shortage that says nothing about the directory. Programs recorded there would be
    /// started a second time if it counted as empty.
    private static boolean isTransient(Errno errno) {
        return errno == Errno.EMFILE || errno == Errno.ENFILE || errno == Errno.ENOMEM;
    }

    private static void ignoreState(StateDirectory state, ManagerLog managerLog, String why) {
        managerLog.warn(
                "",
                "cannot use the state directory "
                        + state.path()
                        + ": "
                        + why
                        + "; if this manager is killed, no other can take over its workers");
    }

    /// The journal that is written to now.
    public StateJournal notes() {
        return stateJournal;
    }

    /// Has this one take part when all is written again.
    public void addParticipant(Participant other) {
        participant = other;
    }

    /// The time at which [#write] is to be called; null if there is nothing to write.
    public @Nullable Moment due() {
        return due;
    }

    /// Somebody may have removed something of it.
    public void suspect() {
        suspicious = true;
        Moment soon = Clock.now().plus(StateDirectory.WHILE_CLEANED);
        due = due == null ? soon : Moment.earlier(due, soon);
    }

    /// Something changed that is not a program's.
    public void changed() {
        if (due == null) {
            due = Clock.now().plus(SOON);
        }
    }

    /// Something could not be done, and is to be tried again.
    public void retryLater() {
        if (due == null) {
            due = Clock.now().plus(StateDirectory.LATER);
        }
    }

    /// Takes note of a change that cannot be found out later: it is written before anything else
    /// happens.
    public void changedForGood() {
        due = Clock.now();
    }

    /// A program changed.
    public void changed(ProgramHost host) {
        changed.add(host);
        changed();
    }

    /// A program is no more.
    public void programRemoved(ProgramHost host) {
        changed.remove(host);
        programFiles.programRemoved(host);
        changed();
    }

    /// Writes what changed.
    ///
    /// @param image of the manager, given where its programs' images are
    public void write(Image image) {
        due = null;
        try {
            restore();
            for (ProgramHost host : List.copyOf(changed)) {
                programFiles.write(host);
                changed.remove(host);
            }
            writeManager(image.of(programFiles.names()));
            programFiles.deleteOver();
            stateJournal.clear();
            errorReported = false;
            if (stateJournal.hasRoom()) {
                succeeded();
            } else {
                failed(NO_ROOM);
            }
        } catch (NoSuchFileException e) {
            if (suspicious) {
                failed(RuntimeFiles.why(e));
            } else {
                errorReported = false;
                suspect(); // the directory was removed while it was written to
            }
        } catch (IOException e) {
            failed(RuntimeFiles.why(e));
        } catch (PosixException e) {
            failed(String.valueOf(e.getMessage()));
        }
    }

    /// Writes the manager's image alone: what is known of programs, and the notes, stay as they
    /// are. For sockets that are new after a recovery: a worker started with one must not be all
    /// that knows of it.
    public void write(ManagerSnapshot image) {
        try {
            writeManager(image);
        } catch (IOException e) {
            failed(RuntimeFiles.why(e));
        } catch (PosixException e) {
            failed(String.valueOf(e.getMessage()));
        }
    }

    /// Writes all if a program is new whose first workers are about to be started: by their notes
    /// alone the next manager would not know what they are. At a manager's own start nothing is
    /// written yet, and nobody waits for that: there they are found by what they carry.
    ///
    /// Of a job, each run is written: else the next manager would run it once more.
    public void writeBeforeBirths(ProgramHost host, Image image) {
        if (!listed.isEmpty()) {
            changed.addAll(programFiles.has(host) ? List.of(host) : programTable.everyHost());
            write(image);
        }
    }

    /// Goes on with the files of programs that the manager before has written.
    public void resume(List<String> programs) {
        listed = programs;
    }

    /// Writes the manager's image alone for a socket that is new, while a program is in the middle
    /// of a step. Before anything was written, nobody would look for the worker either.
    ///
    /// @return whether it was written
    public boolean writeOwn(Image image) {
        if (!listed.isEmpty()) {
            write(image.of(listed));
        }
        return !listed.isEmpty();
    }

    private void writeManager(ManagerSnapshot image) throws IOException {
        String now = writer.write(image);
        if (!now.equals(manager)) {
            state.write(MANAGER, now.getBytes(StandardCharsets.UTF_8), false);
            manager = now;
            listed = image.programs();
        }
    }

    /// Makes the manager's image.
    public interface Image {
        ManagerSnapshot of(List<String> programs);
    }

    // ---- what somebody removes

    /// If something of it is gone, all of it is made anew: whoever cleans up a directory, or
    /// removes one, does not stop at one file.
    private void restore() throws IOException {
        String gone = programRemoved();
        suspicious = false;
        if (gone == null) {
            return;
        }
        suspicious = true; // until it is there again
        if (!errorReported) {
            errorReported = true;
            managerLog.warn(
                    "", gone + " was removed; what would survive this manager is written again");
        }
        state.makeAgain();
        StateJournal fresh = notesAgain();
        changed.addAll(programTable.everyHost());
        manager = "";
        directory = RuntimeFiles.inode(state.path());
        participant.writtenAgain(fresh);
        suspicious = false;
    }

    /// Describes a missing file or directory; null if nothing is missing.
    private @Nullable String programRemoved() {
        long now = RuntimeFiles.inode(state.path());
        if (now == 0 || (directory != 0 && now != directory)) {
            return "the state directory " + state.path();
        }
        if (RuntimeFiles.inode(state.path().resolve(NOTES)) != stateJournal.inode()) {
            return state.path().resolve(NOTES).toString();
        }
        List<String> files = new ArrayList<>();
        if (!manager.isEmpty()) {
            files.add(MANAGER);
        }
        if (suspicious) {
            files.addAll(programFiles.names());
        }
        for (String file : files) {
            if (RuntimeFiles.inode(state.path().resolve(file)) == 0) {
                return state.path().resolve(file).toString();
            }
        }
        return null;
    }

    /// Until they are locked, another manager may be there first.
    private StateJournal notesAgain() throws IOException {
        Path file = state.path().resolve(NOTES);
        if (RuntimeFiles.inode(file) == stateJournal.inode()) {
            return stateJournal;
        }
        int fd = Descriptors.lock(file);
        if (fd < 0) {
            throw new IOException("another manager uses " + state.path() + " by now");
        }
        StateJournal before = stateJournal;
        stateJournal = new StateJournal(fd);
        Descriptors.close(before.file());
        return stateJournal;
    }

    private void succeeded() {
        if (failing) {
            failing = false;
            managerLog.info("", "what would survive this manager is written again");
        }
    }

    private void failed(String why) {
        retryLater();
        if (!failing) {
            failing = true;
            managerLog.error(
                    "", "cannot save recovery state: " + why + "; it goes on, and tries again");
        }
    }

    /// Deletes all that is of this manager.
    public void delete() {
        state.delete(MANAGER); // first: without it, the others are nothing
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(state.path(), "program-*.json{,.new}")) {
            files.forEach(RuntimeFiles::delete);
        } catch (IOException gone) {
            // so much the better
        }
        state.delete(NOTES);
    }
}
