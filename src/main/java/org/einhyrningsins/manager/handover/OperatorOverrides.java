// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.OverridesJson;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.spec.OperatorOverride;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// Settings that operators made by hand, in the one file in which they outlive the manager. A file
/// that cannot be read or is about other programs is put aside and told of; it is never a reason
/// not to start. A command line is the operator's own word: only a file can differ from what was
/// set by hand.
public final class OperatorOverrides {
    private static final String FILE = "intent.json";
    private static final int MAX_LENGTH = 4 * 1024 * 1024;

    private final StateDirectory state;
    private final @Nullable String config;
    private final ManagerLog managerLog;

    /// Content of the file; null if an earlier manager wrote it, and nobody has read it.
    private @Nullable Map<String, OperatorOverride> written = Map.of();

    private boolean inUse;
    private boolean mayDiffer;

    /// Time to write again what could not be written; null if nothing failed.
    private @Nullable Moment again;

    private boolean failing;

    public OperatorOverrides(
            StateDirectory state, ConfigOrigin configOrigin, ManagerLog managerLog) {
        this.state = state;
        this.config =
                configOrigin instanceof ConfigOrigin.File file
                        ? file.path().toAbsolutePath().normalize().toString()
                        : null;
        this.managerLog = managerLog;
    }

    /// Returns whether there is anything to read. Costs one system call.
    private boolean hasFile() {
        return config != null && Files.exists(state.path().resolve(FILE));
    }

    /// Settings that an earlier manager kept, by program.
    ///
    /// @param reset forget it instead: all is as the file with the programs says it
    /// @throws CannotStart if it cannot be read this time: to start without it would be to forget
    ///   it
    public Map<String, OperatorOverride> before(boolean reset) throws StartException {
        if (!hasFile()) {
            return Map.of();
        }
        inUse = true;
        if (reset) {
            state.delete(FILE);
            load();
            return Map.of();
        }
        Map<String, OperatorOverride> before = read();
        mayDiffer = !before.isEmpty();
        return before;
    }

    /// They are in the programs. The file may be older: an earlier manager could not write it.
    public void load() {
        written = null;
        setByHand();
    }

    /// An operator set something by hand.
    public void setByHand() {
        mayDiffer = true;
        again = null;
    }

    /// Notes that what is set by hand may be as the file with the programs has it now.
    public void redefined() {
        mayDiffer |= inUse;
    }

    private Map<String, OperatorOverride> read() throws StartException {
        Map<String, OperatorOverride> before = Map.of();
        try {
            byte[] text = content();
            if (text != null) {
                OverridesJson.Content content = OverridesJson.read(text);
                if (!isOurs(content.config())) {
                    throw new IOException("it is about the programs of " + content.config());
                }
                before = content.programs();
            }
        } catch (IOException e) {
            setAside(e);
        }
        written = before;
        return before;
    }

    /// Under this name or under another, of a link to it.
    private boolean isOurs(String other) {
        if (config == null || other.equals(config)) {
            return config != null;
        }
        try {
            return Path.of(other).toRealPath().equals(Path.of(config).toRealPath());
        } catch (IOException | InvalidPathException none) {
            return false;
        }
    }

    private byte @Nullable [] content() throws StartException, StateDirectory.Foreign {
        try {
            return state.read(FILE, MAX_LENGTH);
        } catch (StateDirectory.Foreign e) {
            throw e;
        } catch (IOException e) {
            throw new StartException(
                    ExitStatus.FAILED,
                    "cannot start: cannot read what was stopped or scaled by hand from "
                            + state.path().resolve(FILE)
                            + ": "
                            + RuntimeFiles.why(e)
                            + "; start it again, or with --reset");
        }
    }

    private void setAside(IOException why) {
        String where;
        try {
            where = "it is now " + state.setAside(FILE);
        } catch (IOException e) {
            where = "it stays there";
        }
        managerLog.warn(
                "",
                "starts as the file says: what was stopped or scaled by hand cannot be read from "
                        + state.path().resolve(FILE)
                        + ": "
                        + RuntimeFiles.why(why)
                        + "; "
                        + where);
    }

    /// Writes how it is now, if that is not what was written last. What failed is tried again a
    /// second later, not whenever the manager wakes up: a try that fails is noticed in the
    /// directory, and would wake it up.
    ///
    /// @return false if it is not written, which is said once
    public boolean write(ProgramTable programTable) {
        if (again != null && !again.reached(Clock.now())) {
            return false;
        }
        boolean kept = true;
        if (mayDiffer && config != null) {
            inUse = true;
            kept = write(programTable, config);
        }
        mayDiffer = !kept;
        again = kept ? null : Clock.now().plus(StateDirectory.LATER);
        return kept;
    }

    private boolean write(ProgramTable programTable, String config) {
        SequencedMap<String, OperatorOverride> now = new LinkedHashMap<>();
        for (ProgramHost host : programTable.all()) {
            OperatorOverride operatorOverride = host.program().operatorOverride();
            if (!operatorOverride.none()) {
                now.put(host.name(), operatorOverride);
            }
        }
        try {
            if (!now.equals(written)) {
                write(now, config);
            }
            writtenAgain();
            return true;
        } catch (IOException e) {
            failed(e);
            return false;
        }
    }

    private void write(SequencedMap<String, OperatorOverride> now, String config)
            throws IOException {
        if (now.isEmpty()) {
            remove();
        } else {
            state.write(FILE, OverridesJson.write(new OverridesJson.Content(config, now)), true);
        }
        written = now;
    }

    private void remove() throws IOException {
        state.delete(FILE);
        if (hasFile()) {
            throw new IOException("it cannot be removed");
        }
    }

    private void writtenAgain() {
        if (failing) {
            failing = false;
            managerLog.info("", "what was stopped or scaled by hand is written again");
        }
    }

    private void failed(IOException e) {
        if (!failing) {
            failing = true;
            managerLog.error(
                    "",
                    "what was stopped or scaled by hand is forgotten when the manager ends: cannot"
                            + " write "
                            + state.path().resolve(FILE)
                            + ": "
                            + RuntimeFiles.why(e)
                            + "; tried again");
        }
    }
}
