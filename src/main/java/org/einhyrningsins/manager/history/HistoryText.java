// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.manager.snapshot.ProgramHistory;
import org.einhyrningsins.manager.snapshot.SnapshotDecoder;
import org.einhyrningsins.manager.snapshot.SnapshotEncoder;
import org.einhyrningsins.manager.snapshot.SnapshotException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Text of a history, as its file has it, within a number of bytes.
final class HistoryText {
    /// Most bytes of a file.
    static final int MAX_BYTES = 1024 * 1024;

    private HistoryText() {}

    /// Writes a history. If it is too long, definitions are left out, the oldest first, those of
    /// the latest generations last: these can be listed, and not be gone back to.
    static byte[] write(ProgramHistory history) {
        byte[] text = encoded(history);
        int without = 0;
        while (text.length > MAX_BYTES && without < history.generations().size()) {
            without++;
            text = encoded(withoutDefinitions(history, without));
        }
        return text;
    }

    private static byte[] encoded(ProgramHistory history) {
        return new SnapshotEncoder().write(history).getBytes(StandardCharsets.UTF_8);
    }

    private static ProgramHistory withoutDefinitions(ProgramHistory history, int oldest) {
        List<GenerationRecord> some = new ArrayList<>(history.generations());
        for (int i = 0; i < oldest; i++) {
            some.set(i, some.get(i).version(null));
        }
        return new ProgramHistory(history.program(), history.next(), some);
    }

    /// Reads a history.
    ///
    /// @throws SnapshotException if it is torn, of a later format, or none
    static ProgramHistory read(byte[] text) throws SnapshotException {
        return SnapshotDecoder.read(new String(text, StandardCharsets.UTF_8), ProgramHistory.class);
    }
}
