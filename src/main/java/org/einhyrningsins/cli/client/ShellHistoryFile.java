// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/// History file of the shell: `einhyrningsins/history` in the user's directory for state (XDG Base
/// Directory Specification), readable by its owner alone.
final class ShellHistoryFile {
    /// Lines kept. The file may for a while be a quarter longer.
    static final int BOUND = 1000;

    private static final Set<PosixFilePermission> OWNER_FILE =
            PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_DIRECTORY =
            PosixFilePermissions.fromString("rwx------");

    private ShellHistoryFile() {}

    /// The file, made if need be; null if there can be none: then a session is remembered only
    /// while it lasts.
    static @Nullable Path file(Map<String, String> environment) {
        Path state = state(environment);
        if (state == null) {
            return null;
        }
        try {
            return prepared(state.resolve("einhyrningsins"));
        } catch (IOException | UnsupportedOperationException readOnly) {
            return null;
        }
    }

    private static @Nullable Path state(Map<String, String> environment) {
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        String home = environment.getOrDefault("HOME", "");
        if (state.startsWith("/")) {
            return Path.of(state);
        }
        return home.startsWith("/") ? Path.of(home, ".local", "state") : null;
    }

    private static Path prepared(Path directory) throws IOException {
        Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_DIRECTORY));
        Path file = directory.resolve("history");
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_FILE));
        } catch (FileAlreadyExistsException kept) {
            Files.setPosixFilePermissions(file, OWNER_FILE);
        }
        return file;
    }
}
