// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.task;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/// The last times at which jobs were due, in a file of the state directory that outlives a stop of
/// the manager. A line for each job: milliseconds since 1970, and its name. A file that cannot be
/// read is as none, and told of.
final class ScheduleFile {
    private static final String NAME = "schedules";
    private static final int MAX_LENGTH = 4 * 1024 * 1024;

    private final StateDirectory state;
    private final ManagerLog managerLog;
    private Map<String, Long> written;
    private @Nullable Moment again;

    ScheduleFile(StateDirectory state, ManagerLog managerLog) {
        this.state = state;
        this.managerLog = managerLog;
        this.written = read();
    }

    /// What an earlier manager wrote, by program.
    Map<String, Long> written() {
        return written;
    }

    private Map<String, Long> read() {
        Map<String, Long> read = new TreeMap<>();
        try {
            byte[] bytes = state.read(NAME, MAX_LENGTH);
            String text = bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
            for (String line : text.lines().toList()) {
                int space = line.indexOf(' ');
                read.put(line.substring(space + 1), Long.parseLong(line.substring(0, space)));
            }
        } catch (IOException e) {
            unreadable(RuntimeFiles.why(e));
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            unreadable("a line of it is not a time and a name");
        }
        return read;
    }

    private void unreadable(String why) {
        String what = "runs of jobs that were missed are not known: cannot read ";
        managerLog.warn("", what + state.path().resolve(NAME) + ": " + why);
    }

    /// Writes it, if it has changed. What failed is tried again a second later.
    ///
    /// @return when to come again; null if all is written
    @Nullable Moment write(Map<String, Long> now) {
        if (now.equals(written) || (again != null && !again.reached(Clock.now()))) {
            return now.equals(written) ? null : again;
        }
        StringBuilder text = new StringBuilder();
        now.forEach((name, due) -> text.append(due).append(' ').append(name).append('\n'));
        try {
            if (now.isEmpty()) {
                state.delete(NAME);
            } else {
                state.write(NAME, text.toString().getBytes(StandardCharsets.UTF_8), false);
            }
            written = Map.copyOf(now);
            again = null;
        } catch (IOException e) {
            if (again == null) {
                String what = "when jobs were due cannot be kept for the next manager: ";
                managerLog.warn("", what + RuntimeFiles.why(e));
            }
            again = Clock.now().plus(StateDirectory.LATER);
        }
        return again;
    }
}
