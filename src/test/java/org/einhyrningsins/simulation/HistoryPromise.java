// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.einhyrningsins.manager.snapshot.GenerationFate.Verdict;
import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.manager.snapshot.ProgramHistory;
import org.einhyrningsins.manager.snapshot.SnapshotDecoder;
import org.einhyrningsins.manager.snapshot.SnapshotException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// What the history of a program promises, however often the manager was killed: each generation is
/// there once, in order, at most one serves, and that was rolled.
final class HistoryPromise {
    private HistoryPromise() {}

    static void keeps(Disk disk, String file) {
        if (file.endsWith(".new") || file.endsWith(".set-aside")) {
            return; // of a manager that was killed while it wrote
        }
        try {
            String text = new String(disk.read(Path.of(file)), StandardCharsets.UTF_8);
            check(file, SnapshotDecoder.read(text, ProgramHistory.class));
        } catch (SnapshotException | IOException e) {
            throw new World.Broken("no history in " + file + ": " + e);
        }
    }

    private static void check(String file, ProgramHistory history) {
        int last = 0;
        int serving = 0;
        for (GenerationRecord record : history.generations()) {
            require(record.number() > last, file, "generation " + record.number() + " twice");
            last = record.number();
            if (record.serves()) {
                serving++;
                Verdict verdict = record.fate().verdict();
                require(verdict != Verdict.ABORTED, file, "what was aborted serves");
                require(verdict != Verdict.OVERTAKEN, file, "what was overtaken serves");
            }
            require(
                    record.fate().verdict() == Verdict.ROLLING || record.fate().tookMillis() >= 0,
                    file,
                    "a verdict on generation " + record.number() + " without a time");
        }
        require(history.generations().size() > 0, file, "nothing");
        require(serving <= 1, file, "two generations serve");
        require(history.next() > last, file, "generation " + last + " would come again");
    }

    private static void require(boolean kept, String file, String what) {
        if (!kept) {
            throw new World.Broken("history in " + file + ": " + what);
        }
    }
}
