// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.SnapshotEncoder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The files with the snapshots of programs, one for each, in the state directory.
final class ProgramFiles {
    private final StateDirectory state;
    private final ProgramTable programTable;
    private final Map<ProgramHost, Kept> kept = new HashMap<>();

    /// Files of programs that are no more.
    private final List<String> over = new ArrayList<>();

    /// The file of a program, and what remembers the text of its definitions.
    private record Kept(String file, SnapshotEncoder writer) {}

    ProgramFiles(StateDirectory state, ProgramTable programTable) {
        this.state = state;
        this.programTable = programTable;
    }

    boolean has(ProgramHost host) {
        return kept.containsKey(host);
    }

    /// Writes the snapshot of a program.
    void write(ProgramHost host) throws IOException {
        Kept where = kept.computeIfAbsent(host, this::place);
        boolean leaving = programTable.get(host.name()) != host;
        String text = where.writer().write(host.image(leaving));
        state.write(where.file(), text.getBytes(StandardCharsets.UTF_8), false);
    }

    /// A program that the file has lost may be leaving while another of its name is there.
    private Kept place(ProgramHost host) {
        String file = "program-" + host.name() + ".json";
        for (int i = 2; taken(kept.values(), file); i++) {
            file = "program-" + host.name() + "~" + i + ".json";
        }
        return new Kept(file, new SnapshotEncoder());
    }

    private static boolean taken(Collection<Kept> all, String file) {
        for (Kept one : all) {
            if (one.file().equals(file)) {
                return true;
            }
        }
        return false;
    }

    /// A program is no more: its file is deleted at the next [#deleteOver].
    void programRemoved(ProgramHost host) {
        Kept was = kept.remove(host);
        if (was != null) {
            over.add(was.file());
        }
    }

    /// Deletes the files of programs that are no more. Only when the manager's snapshot names them
    /// no more: what that names and is not there is missed.
    void deleteOver() {
        for (String file : over) {
            if (!taken(kept.values(), file)) {
                state.delete(file);
            }
        }
        over.clear();
    }

    /// The files that were written, in the order of the programs.
    List<String> names() {
        List<String> files = new ArrayList<>();
        for (ProgramHost host : programTable.everyHost()) {
            Kept where = kept.get(host);
            if (where != null) {
                files.add(where.file());
            }
        }
        return files;
    }

    // ---- those that another manager wrote

    /// The name for a file that should have a program's snapshot and is not there.
    static String missing(StateDirectory state, String program) {
        String file = "program-" + program + ".json";
        boolean stale = Files.exists(state.path().resolve(file));
        return stale ? "program-" + program + "~0.json" : file;
    }

    /// The files that are there, where nothing tells which should be.
    static List<String> all(StateDirectory state) {
        List<String> files = new ArrayList<>();
        try (DirectoryStream<Path> found =
                Files.newDirectoryStream(state.path(), "program-*.json")) {
            found.forEach(each -> files.add(each.getFileName().toString()));
        } catch (IOException none) {
            // then there are none
        }
        Collections.sort(files);
        return files;
    }
}
