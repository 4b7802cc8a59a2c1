// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.ExitStatus;
import org.einhyrningsins.core.Moment;
import org.einhyrningsins.manager.image.ImageWriter;
import org.einhyrningsins.manager.image.ManagerImage;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.PosixException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes down what another manager needs if this one is killed: images of the programs that
/// changed, a moment later and all at once, never on the way from a death to the worker that
/// follows. What happens in that moment is in the [Notes], or can be found out.
///
/// It is of this boot only, so nothing waits for a disk. What cannot be written (a full disk) is
/// said once, and tried again.
final class Recorder {
    static final String MANAGER = "manager.json";
    static final String NOTES = "notes";

    /// How long a change waits for others.
    private static final Duration SOON = Duration.ofMillis(20);

    /// When what could not be written is tried again.
    private static final Duration LATER = Duration.ofSeconds(1);

    /// A worker born now would be known to nobody until the images are written.
    private static final String NO_ROOM = "no room on the disk to note births";

    private final StateDirectory state;
    private final Log log;
    private final Programs programs;
    private final Map<ProgramHost, Kept> kept = new HashMap<>();
    private final Set<ProgramHost> changed = new LinkedHashSet<>();
    private final ImageWriter writer = new ImageWriter();
    private final Notes notes;
    private String manager = "";
    private List<String> listed = List.of();
    private @Nullable Moment due;
    private boolean failing;

    /// Where a program's image is, and what remembers the text of its definitions.
    private record Kept(String file, ImageWriter writer) {}

    /// @param notes descriptor of the notes; see [#lock]
    Recorder(StateDirectory state, Programs programs, Log log, int notes) {
        this.state = state;
        this.programs = programs;
        this.log = log;
        this.notes = new Notes(notes);
        if (!this.notes.hasRoom()) {
            failed(NO_ROOM);
        }
    }

    /// Opens the notes and keeps every other manager from doing so.
    ///
    /// @return their descriptor; -1 if the directory cannot be written to, which is said
    static int lock(StateDirectory state, Log log) throws CannotStart {
        try {
            state.make();
            int fd = Descriptors.lock(state.path().resolve(NOTES));
            if (fd < 0) {
                throw new CannotStart(
                        ExitStatus.FAILED,
                        "cannot start: another manager uses the state directory "
                                + state.path()
                                + "; use that manager, or another state-dir");
            }
            return fd;
        } catch (IOException e) {
            unusable(state, log, RuntimeFiles.why(e));
        } catch (PosixException e) {
            if (passes(e.errno())) {
                throw new CannotStart(
                        ExitStatus.FAILED,
                        "cannot start: "
                                + e.getMessage()
                                + "; workers that another manager left would not be known: raise"
                                + " the limit, or end what holds so many, and start again");
            }
            unusable(state, log, String.valueOf(e.getMessage()));
        }
        return -1;
    }

    /// Whether it says nothing about the directory: what is there would be started once more.
    private static boolean passes(Errno errno) {
        return errno == Errno.EMFILE || errno == Errno.ENFILE || errno == Errno.ENOMEM;
    }

    private static void unusable(StateDirectory state, Log log, String why) {
        log.warn(
                "",
                "cannot use the state directory "
                        + state.path()
                        + ": "
                        + why
                        + "; if this manager is killed, no other can take over its workers");
    }

    Notes notes() {
        return notes;
    }

    /// When [#write] is to be called; null if there is nothing to write.
    @Nullable Moment due() {
        return due;
    }

    /// Something changed that is not a program's.
    void changed() {
        if (due == null) {
            due = Clock.now().plus(SOON);
        }
    }

    /// Something could not be done, and is to be tried again.
    void later() {
        if (due == null) {
            due = Clock.now().plus(LATER);
        }
    }

    /// What changed cannot be found out later: it is written before anything else happens.
    void changedForGood() {
        due = Clock.now();
    }

    void changed(ProgramHost host) {
        changed.add(host);
        changed();
    }

    /// It is no more.
    void gone(ProgramHost host) {
        changed.remove(host);
        Kept was = kept.remove(host);
        if (was != null) {
            state.delete(was.file());
        }
        changed();
    }

    /// Writes what changed.
    ///
    /// @param image of the manager, given where its programs' images are
    void write(Image image) {
        due = null;
        try {
            for (ProgramHost host : List.copyOf(changed)) {
                Kept where = kept.computeIfAbsent(host, this::place);
                boolean leaving = programs.get(host.name()) != host;
                write(where.file(), where.writer().write(host.image(leaving)));
                changed.remove(host);
            }
            writeManager(image.of(files()));
            notes.clear();
            if (notes.hasRoom()) {
                succeeded();
            } else {
                failed(NO_ROOM);
            }
        } catch (IOException e) {
            failed(RuntimeFiles.why(e));
        } catch (PosixException e) {
            failed(String.valueOf(e.getMessage()));
        }
    }

    /// Writes the manager's image alone: what is known of programs, and the notes, stay as they
    /// are. For sockets that are new after a recovery: a worker born with one must not be all that
    /// knows of it.
    void write(ManagerImage image) {
        try {
            writeManager(image);
        } catch (IOException e) {
            failed(RuntimeFiles.why(e));
        } catch (PosixException e) {
            failed(String.valueOf(e.getMessage()));
        }
    }

    /// Where the images of programs are that the manager before has written.
    void resume(List<String> programs) {
        listed = programs;
    }

    /// The same for a socket that is new, while a program is in the middle of a step. Before
    /// anything was written, nobody would look for the worker either.
    void writeOwn(Image image) {
        if (!listed.isEmpty()) {
            write(image.of(listed));
        }
    }

    private void writeManager(ManagerImage image) throws IOException {
        String now = writer.write(image);
        if (!now.equals(manager)) {
            write(MANAGER, now);
            manager = now;
            listed = image.programs();
        }
    }

    /// Makes the manager's image.
    interface Image {
        ManagerImage of(List<String> programs);
    }

    private void write(String file, String text) throws IOException {
        state.write(file, text.getBytes(StandardCharsets.UTF_8), false);
    }

    private void succeeded() {
        if (failing) {
            failing = false;
            log.info("", "what would survive this manager is written again");
        }
    }

    private void failed(String why) {
        later();
        if (!failing) {
            failing = true;
            log.error(
                    "",
                    "cannot write down what would survive this manager: "
                            + why
                            + "; it goes on, and tries again");
        }
    }

    private List<String> files() {
        List<String> files = new ArrayList<>();
        for (ProgramHost host : programs.everyHost()) {
            Kept where = kept.get(host);
            if (where != null) {
                files.add(where.file());
            }
        }
        return files;
    }

    /// A program that the file has lost may be leaving while another of its name is there.
    private Kept place(ProgramHost host) {
        String file = "program-" + host.name() + ".json";
        for (int i = 2; taken(kept.values(), file); i++) {
            file = "program-" + host.name() + "~" + i + ".json";
        }
        return new Kept(file, new ImageWriter());
    }

    /// Whether one of these files is of that program.
    static boolean has(List<String> files, String program) {
        String file = "program-" + program;
        for (String each : files) {
            if (each.equals(file + ".json") || each.startsWith(file + "~")) {
                return true;
            }
        }
        return false;
    }

    private static boolean taken(Collection<Kept> all, String file) {
        for (Kept one : all) {
            if (one.file().equals(file)) {
                return true;
            }
        }
        return false;
    }

    /// Nothing of this manager is left.
    void delete() {
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
