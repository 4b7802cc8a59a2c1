// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.posix.Processes;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// The directory of what survives the manager: small files, each written as a whole or not at all.
/// It is made, for its owner alone, when the first of them is written. One manager uses it.
///
/// All of it may fail (a full disk, a read-only file system); whoever writes says so and goes on.
final class StateDirectory {
    private final Path path;
    private boolean made;

    /// What is there can be read, and is none of ours: trying again would not help.
    static final class Foreign extends IOException {
        private static final long serialVersionUID = 1L;

        Foreign(String message) {
            super(message);
        }
    }

    StateDirectory(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    /// Puts a file in place of the one of that name: whoever reads it sees the old one or the new.
    ///
    /// @param durable survives a power cut too, which costs a wait for the disk
    void write(String name, byte[] content, boolean durable) throws IOException {
        make();
        Path fresh = path.resolve(name + ".new");
        try {
            try (FileChannel file = create(fresh)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    file.write(bytes);
                }
                if (durable) {
                    file.force(true);
                }
            }
            Files.move(fresh, path.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            RuntimeFiles.delete(fresh); // what a full disk has of it is of no use
            throw e;
        }
        if (durable) {
            sync();
        }
    }

    private static FileChannel create(Path fresh) throws IOException {
        return FileChannel.open(
                fresh,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
    }

    /// Makes it, if it is not there.
    void make() throws IOException {
        if (made) {
            return;
        }
        RuntimeFiles.directory(path, "rwx------");
        requireOurs();
        made = true;
    }

    /// Makes it once more: somebody may have removed it.
    void makeAgain() throws IOException {
        made = false;
        make();
    }

    /// The new name of a file is in its directory, so that is written too.
    private void sync() throws IOException {
        try (FileChannel directory = FileChannel.open(path, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /// Whether there is a file of that name.
    boolean has(String name) {
        return Files.exists(path.resolve(name));
    }

    /// A file's content.
    ///
    /// @param most bytes; a longer one is not ours
    /// @return null if there is no such file
    /// @throws Foreign if it is not one of ours
    /// @throws IOException if it could not be read this time
    byte @Nullable [] read(String name, int most) throws IOException {
        Path file = path.resolve(name);
        if (made || Files.exists(path)) {
            requireOurs();
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(most + 1);
            if (content.length > most) {
                throw new Foreign(file + " is longer than " + most + " bytes");
            }
            return content;
        } catch (NoSuchFileException none) {
            return null;
        } catch (AccessDeniedException e) {
            throw new Foreign(RuntimeFiles.why(e));
        } catch (IOException e) {
            throw Files.isDirectory(file) ? new Foreign(file + " is a directory") : e;
        }
    }

    /// Beside a control socket in /tmp anybody could have made it; what they wrote is not believed.
    private void requireOurs() throws IOException {
        if (RuntimeFiles.owner(path) != Processes.user()) {
            throw new Foreign(path + " belongs to somebody else; remove it");
        }
    }

    /// Puts a file that cannot be used where a person finds it and nobody reads it again.
    ///
    /// @return where it is now
    Path setAside(String name) throws IOException {
        Path aside = path.resolve(name + ".set-aside");
        return Files.move(path.resolve(name), aside, StandardCopyOption.REPLACE_EXISTING);
    }

    void delete(String name) {
        RuntimeFiles.delete(path.resolve(name));
    }

    /// Removes it if nothing is left in it.
    void close() {
        if (made) {
            RuntimeFiles.delete(path);
        }
    }
}
