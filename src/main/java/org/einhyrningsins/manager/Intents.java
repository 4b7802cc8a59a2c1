// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.IntentJson;
import org.einhyrningsins.spec.Intent;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// What operators set by hand, in the one file in which it outlives the manager. A file that cannot
/// be read or is about other programs is put aside and told of; it is never a reason not to start.
/// A command line is the operator's own word: only a file can differ from what was set by hand.
final class Intents {
    private static final String FILE = "intent.json";
    private static final int LONGEST = 4 * 1024 * 1024;

    private final StateDirectory state;
    private final @Nullable String config;
    private final Log log;
    private Map<String, Intent> written = Map.of();
    private boolean inUse;
    private boolean mayDiffer;

    Intents(StateDirectory state, Definition definition, Log log) {
        this.state = state;
        this.config =
                definition instanceof Definition.File file
                        ? file.path().toAbsolutePath().normalize().toString()
                        : null;
        this.log = log;
    }

    /// Whether there is anything to read. Costs one system call.
    private boolean exist() {
        return config != null && Files.exists(state.path().resolve(FILE));
    }

    /// What an earlier manager kept, by program.
    ///
    /// @param reset forget it instead: all is as the file with the programs says it
    Map<String, Intent> before(boolean reset) {
        if (!exist()) {
            return Map.of();
        }
        inUse = true;
        if (reset) {
            state.delete(FILE);
            return Map.of();
        }
        Map<String, Intent> before = read();
        mayDiffer = !before.isEmpty();
        return before;
    }

    /// They are in the programs; the file is written when they change.
    void takeUp() {
        inUse = exist();
        mayDiffer = inUse;
    }

    /// An operator set something by hand.
    void setByHand() {
        mayDiffer = true;
    }

    /// What is set by hand may be as the file with the programs has it now.
    void redefined() {
        mayDiffer |= inUse;
    }

    private Map<String, Intent> read() {
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

    /// Writes how it is now, if that is not what was written last.
    void keep(Programs programs) {
        if (mayDiffer && config != null) {
            inUse = true;
            keep(programs, config);
        }
        mayDiffer = false;
    }

    private void keep(Programs programs, String config) {
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
