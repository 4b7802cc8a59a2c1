// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.manager.snapshot.ProgramHistory;
import org.einhyrningsins.manager.snapshot.SnapshotException;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Files of histories in the state directory. Used by one thread after the other, none of which is
/// the loop's.
final class HistoryFiles {
    /// Most files of programs that there are no more.
    static final int MAX_FORMER = 50;

    private static final String PREFIX = "history-";
    private static final String SUFFIX = ".json";

    private final StateDirectory state;

    HistoryFiles(StateDirectory state) {
        this.state = state;
    }

    static String name(String program) {
        return PREFIX + program + SUFFIX;
    }

    /// A history that was read.
    ///
    /// @param trouble what was wrong with its file, in words; empty for nothing
    record Read(ProgramHistory history, String trouble) {}

    /// Reads a history. A file that cannot be used is set aside.
    Read read(String program) {
        String name = name(program);
        try {
            byte[] text = state.read(name, HistoryText.MAX_BYTES);
            ProgramHistory found =
                    text == null ? ProgramHistory.none(program) : HistoryText.read(text);
            return new Read(new ProgramHistory(program, found.next(), found.generations()), "");
        } catch (SnapshotException e) {
            return new Read(
                    ProgramHistory.none(program), setAside(name, String.valueOf(e.getMessage())));
        } catch (IOException e) {
            return new Read(ProgramHistory.none(program), setAside(name, RuntimeFiles.why(e)));
        }
    }

    private String setAside(String name, String why) {
        String where;
        try {
            where = "it is now " + state.setAside(name);
        } catch (IOException e) {
            where = "it stays there";
        }
        return "its history begins anew: cannot read "
                + state.path().resolve(name)
                + ": "
                + why
                + "; "
                + where;
    }

    /// Result of writing.
    ///
    /// @param failed the programs whose history was not written
    /// @param failure why not, in words; empty if all was written
    /// @param setAside the programs whose file was set aside, or was not there
    /// @param shortened the generations whose definition there was no room for, by program
    record Result(
            List<String> failed,
            String failure,
            List<String> setAside,
            Map<String, Set<Integer>> shortened) {}

    /// Writes histories, each as a whole or not at all, and so that they outlive a power cut.
    ///
    /// @param known the programs whose files are kept in any case
    /// @param unread the programs whose files nobody has read: they are set aside first
    Result write(List<ProgramHistory> histories, Set<String> known, Set<String> unread) {
        List<String> failed = new ArrayList<>();
        List<String> setAside = new ArrayList<>();
        String failure = "";
        Map<String, Set<Integer>> shortened = new LinkedHashMap<>();
        for (ProgramHistory history : histories) {
            try {
                if (unread.contains(history.program())) {
                    setAsideIfThere(name(history.program()));
                    setAside.add(history.program());
                }
                byte[] text = HistoryText.write(history);
                state.write(name(history.program()), text, true);
                Set<Integer> without = without(history, text);
                if (!without.isEmpty()) {
                    shortened.put(history.program(), without);
                }
            } catch (IOException e) {
                failed.add(history.program());
                failure =
                        state.path().resolve(name(history.program())) + ": " + RuntimeFiles.why(e);
            }
        }
        prune(known);
        return new Result(failed, failure, setAside, shortened);
    }

    private void setAsideIfThere(String name) throws IOException {
        try {
            state.setAside(name);
        } catch (NoSuchFileException e) {
            // a program without a history
        }
    }

    /// The generations that the history has a definition of, and its text has not.
    private static Set<Integer> without(ProgramHistory history, byte[] text) {
        Set<Integer> without = new LinkedHashSet<>();
        if (text.length <= HistoryText.MAX_BYTES / 2) {
            return without; // it had room for all
        }
        try {
            List<GenerationRecord> kept = HistoryText.read(text).generations();
            for (int i = 0; i < kept.size(); i++) {
                GenerationRecord record = history.generations().get(i);
                if (record.version() != null && kept.get(i).version() == null) {
                    without.add(record.number());
                }
            }
        } catch (SnapshotException e) {
            throw new IllegalStateException("cannot read what was written", e);
        }
        return without;
    }

    /// Removes files of programs that there are no more, if there are too many of them: those that
    /// come first in the alphabet stay, since nothing tells which anybody will miss.
    private void prune(Set<String> known) {
        List<String> former = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(state.path(), PREFIX + "*" + SUFFIX)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                String program = name.substring(PREFIX.length(), name.length() - SUFFIX.length());
                if (!known.contains(program)) {
                    former.add(name);
                }
            }
        } catch (IOException unlisted) {
            return; // too many files do no harm until the next time
        }
        former.sort(String::compareTo);
        for (int i = MAX_FORMER; i < former.size(); i++) {
            state.delete(former.get(i));
        }
    }
}
