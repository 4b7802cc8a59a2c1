// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.program.ProgramHost;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.List;

/// Records the state of this manager for the one that follows if it is killed. Records nothing
/// until a state directory is open, and in a manager that has none that can be written to.
public final class StateRecorder {
    private final SnapshotWriter.Image image;
    private @Nullable SnapshotWriter writer;

    /// Records nothing yet.
    ///
    /// @param image builds the manager's own snapshot
    public StateRecorder(SnapshotWriter.Image image) {
        this.image = image;
    }

    /// Records by this writer from now on.
    public void open(SnapshotWriter opened) {
        writer = opened;
    }

    /// The writer; null if nothing is recorded.
    public @Nullable SnapshotWriter writer() {
        return writer;
    }

    /// The descriptor of the state journal; -1 if there is none.
    public int journal() {
        return writer == null ? -1 : writer.notes().file();
    }

    /// Goes on with the files that the manager before has written.
    public void resume(List<String> files) {
        if (writer != null) {
            writer.resume(files);
        }
    }

    // ---- what changed

    /// Something of the manager itself changed, and is written a moment later.
    public void changed() {
        if (writer != null) {
            writer.changed();
        }
    }

    /// A program changed, and is written a moment later.
    public void changed(ProgramHost host) {
        if (writer != null) {
            writer.changed(host);
        }
    }

    /// All these programs changed.
    public void changed(Collection<ProgramHost> hosts) {
        hosts.forEach(this::changed);
    }

    /// Takes note of a change that cannot be found out later: it is written in this turn of the
    /// loop.
    public void changedForGood() {
        if (writer != null) {
            writer.changedForGood();
        }
    }

    /// A program is no more.
    public void programRemoved(ProgramHost host) {
        if (writer != null) {
            writer.programRemoved(host);
        }
    }

    // ---- when it is written

    /// Writes what changed, now.
    public void write() {
        if (writer != null) {
            writer.write(image);
        }
    }

    /// Writes what changed, now, if anything has.
    public void writeIfDue() {
        if (due() != null) {
            write();
        }
    }

    /// Writes the manager's own snapshot alone, beside files of programs that are as they were.
    ///
    /// @return whether anything is recorded
    public boolean writeManager(List<String> files) {
        if (writer != null) {
            writer.write(image.of(files));
        }
        return writer != null;
    }

    /// Writes a program that is new before its first workers are started.
    public void writeBeforeBirths(ProgramHost host) {
        if (writer != null) {
            writer.writeBeforeBirths(host, image);
        }
    }

    /// Writes a socket that is new, in the middle of a step of its program.
    ///
    /// @return whether it was written
    public boolean writeSocket() {
        return writer != null && writer.writeOwn(image);
    }

    /// Tries again later what could not be written.
    public void retryLater() {
        if (writer != null) {
            writer.retryLater();
        }
    }

    /// The time at which something is to be written; null if there is nothing to write.
    public @Nullable Moment due() {
        return writer == null ? null : writer.due();
    }

    /// Removes all that was recorded.
    ///
    /// @return whether anything was recorded
    public boolean delete() {
        if (writer != null) {
            writer.delete();
        }
        return writer != null;
    }
}
