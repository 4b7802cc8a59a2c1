// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.IntentJson;
import org.einhyrningsins.spec.Intent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// What operators set by hand, in the one file in which it outlives the manager. A file that cannot
/// be read or is about other programs is put aside and told of; it is never a reason not to start.
final class Intents {
    private static final String FILE = "intent.json";
    private static final int LONGEST = 4 * 1024 * 1024;

    private final StateDirectory state;
    private final String config;
    private final Log log;
    private Map<String, Intent> written = Map.of();

    /// @param definition the file with the programs
    Intents(StateDirectory state, Path definition, Log log) {
        this.state = state;
        this.config = definition.toAbsolutePath().normalize().toString();
        this.log = log;
    }

    /// Whether there is anything to read. Costs one system call.
    static boolean exist(StateDirectory state) {
        return Files.exists(state.path().resolve(FILE));
    }

    /// What an earlier manager kept, by program.
    Map<String, Intent> read() {
        try {
            byte[] text = state.read(FILE, LONGEST);
            if (text != null) {
                IntentJson.Content content = IntentJson.read(text);
                if (!content.config().equals(config)) {
                    throw new IOException("it is about the programs of " + content.config());
                }
                written = content.programs();
            }
        } catch (IOException e) {
            setAside(e);
        }
        return written;
    }

    private void setAside(IOException why) {
        String where;
        try {
            where = "it is now " + state.setAside(FILE);
        } catch (IOException e) {
            where = "it stays there";
        }
        log.warn(
                "",
                "starts as the file says: what was stopped or scaled by hand cannot be read from "
                        + state.path().resolve(FILE)
                        + ": "
                        + RuntimeFiles.why(why)
                        + "; "
                        + where);
    }

    /// As the file with the programs says it again.
    void reset() {
        written = Map.of();
        state.delete(FILE);
    }

    /// Writes how it is now, if that is not what was written last.
    void keep(Programs programs) {
        SequencedMap<String, Intent> now = new LinkedHashMap<>();
        for (ProgramHost host : programs.all()) {
            Intent intent = host.program().intent();
            if (!intent.none()) {
                now.put(host.name(), intent);
            }
        }
        if (now.equals(written)) {
            return;
        }
        written = now;
        try {
            if (now.isEmpty()) {
                state.delete(FILE);
            } else {
                state.write(FILE, IntentJson.write(new IntentJson.Content(config, now)), true);
            }
        } catch (IOException e) {
            log.error(
                    "",
                    "what was stopped or scaled by hand is forgotten when the manager ends: cannot"
                            + " write "
                            + state.path().resolve(FILE)
                            + ": "
                            + RuntimeFiles.why(e));
        }
    }
}
