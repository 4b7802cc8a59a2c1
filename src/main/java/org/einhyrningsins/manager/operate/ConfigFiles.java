// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.config.source.FileContents;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.posix.file.FileStamp;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The files that the definition was read from, as they were then: the file itself, those that it
/// includes, those with variables. Known are the files of the last reading, and of the reading that
/// runs. A new file that a pattern of `include` would find is seen by the next reading only.
public final class ConfigFiles {
    private List<FileStamp> active = List.of();
    private List<FileStamp> latest = new ArrayList<>();
    private boolean rolledBack;

    /// The same environment, where each file that is read is noted before.
    LoadEnvironment recording(LoadEnvironment loadEnvironment) {
        return new LoadEnvironment(
                loadEnvironment.environment(),
                loadEnvironment.processors(),
                loadEnvironment.userExists(),
                loadEnvironment.groupExists(),
                loadEnvironment.rights(),
                recording(loadEnvironment.contents()));
    }

    private FileContents recording(FileContents contents) {
        return (file, most) -> {
            record(file);
            return contents.read(file, most);
        };
    }

    private void record(Path file) {
        latest.add(FileStamp.of(file.toAbsolutePath()));
    }

    /// A reading begins.
    void reading() {
        latest = new ArrayList<>();
    }

    /// Takes note that the definitions read last are in force from now on.
    public void applied() {
        active = List.copyOf(latest);
        rolledBack = false;
    }

    /// Takes note that the definitions in force are older than the last reading, or were never in
    /// these files.
    public void rolledBack() {
        rolledBack = true;
    }

    /// Goes on with what the manager before had read.
    public void resume(List<FileStamp> before) {
        active = List.copyOf(before);
    }

    /// The files whose content runs, for the next manager.
    public List<FileStamp> active() {
        return active;
    }

    /// True if the files may say something else than what runs. Looks at each once.
    public boolean isChanged() {
        if (rolledBack) {
            return true;
        }
        for (FileStamp stamp : active) {
            if (stamp.isOutdated()) {
                return true;
            }
        }
        return false;
    }
}
