// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import org.einhyrningsins.manager.snapshot.FileIdentity;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ExecutableSearch;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.TextTemplate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Looks at the files that a program's command names: its program file, and the words that are
/// names of files, as a script that an interpreter runs. Their owners can make that wait, so it is
/// done on another thread than the loop's.
final class CommandFiles {
    private static final int MAX_FILES = 8;
    private static final String SEARCH =
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private CommandFiles() {}

    /// The files of a definition as they are now, those of its release if it has one; the program
    /// file first. A word that differs from worker to worker is not looked at.
    static List<FileIdentity> of(ProgramSpec spec) {
        List<FileIdentity> files = new ArrayList<>();
        boolean first = true;
        for (TextTemplate word : spec.command()) {
            boolean known = word.parts().stream().allMatch(TextTemplate.Text.class::isInstance);
            if (known && files.size() < MAX_FILES) {
                String text = word.expand(0, Map.of());
                if (first) {
                    add(files, program(spec, text), true);
                } else if (text.indexOf('/') >= 0 || text.indexOf('.') > 0) {
                    Release release = spec.release();
                    String name = release == null ? text : release.in(text);
                    add(files, name, spec.workingDirectory());
                }
            }
            first = false;
        }
        return files;
    }

    private static Path program(ProgramSpec spec, String command) {
        Release release = spec.release();
        Path kept = release == null ? null : release.program();
        if (kept != null) {
            return kept;
        }
        TextTemplate path = spec.env().get("PATH");
        String search =
                path == null
                        ? System.getenv().getOrDefault("PATH", SEARCH)
                        : path.expand(0, Map.of());
        try {
            return Path.of(
                    ExecutableSearch.find(command, spec.workingDirectory().toString(), search));
        } catch (PosixException none) {
            return spec.workingDirectory().resolve(command);
        }
    }

    private static void add(List<FileIdentity> files, String word, Path directory) {
        try {
            Path file = directory.resolve(word).normalize();
            if (Files.isRegularFile(file)) {
                add(files, file, false);
            }
        } catch (InvalidPathException no) {
            // no name of a file, as it may well be
        }
    }

    private static void add(List<FileIdentity> files, Path file, boolean missingToo) {
        FileIdentity found = now(file);
        if (missingToo || !found.missing()) {
            files.add(found);
        }
    }

    /// A file as it is now.
    static FileIdentity now(Path file) {
        try {
            long inode = ((Number) Files.getAttribute(file, "unix:ino")).longValue();
            long size = ((Number) Files.getAttribute(file, "unix:size")).longValue();
            long modified =
                    ((FileTime) Files.getAttribute(file, "unix:lastModifiedTime")).toMillis();
            return new FileIdentity(file, inode, size, modified);
        } catch (NoSuchFileException none) {
            return new FileIdentity(file, 0, 0, 0);
        } catch (IOException unknown) {
            return new FileIdentity(file, 0, 0, 0);
        }
    }

    /// Describes what became of the files of a generation since it began: the first that is gone or
    /// another; empty if all are as they were.
    static FileChanges since(List<FileIdentity> then, Path directory) {
        List<String> gone = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            gone.add("directory " + directory);
        }
        for (FileIdentity file : then) {
            FileIdentity now = file.missing() ? file : now(file.path());
            if (now.missing() && !file.missing()) {
                gone.add(file.path().toString());
            } else if (!now.equals(file)) {
                changed.add(file.path().toString());
            }
        }
        return new FileChanges(gone, changed);
    }
}
