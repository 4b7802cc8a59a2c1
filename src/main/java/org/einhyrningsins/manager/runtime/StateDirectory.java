// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// The directory of what survives the manager: small files, each written as a whole or not at all.
/// It is made, for its owner alone, when the first of them is written. One manager uses it.
///
/// All of it may fail (a full disk, a read-only file system); whoever writes says so and goes on.
public final class StateDirectory {
    /// Time that the removal of a whole directory may take: a file created meanwhile would be in
    /// the way.
    public static final Duration WHILE_CLEANED = Duration.ofMillis(250);

    /// Delay before a failed write is tried again.
    public static final Duration LATER = Duration.ofSeconds(1);

    /// Permission bits that the directory may not have.
    private static final int TAKEN = 0064;

    private static final Set<StandardOpenOption> NEW =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final Set<StandardOpenOption> APPENDED =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    /// Names of the files of this version and of those before.
    private static final Pattern OURS =
            Pattern.compile(
                    "(manager|program-.*|history-.*|intent)[.]json([.].*)?|notes|schedules([.].*)?|keeper.*|facts.*|run-.*");

    private final Path path;
    private boolean made;

    /// Failure because the file is readable and not the manager's: another try would not help.
    public static final class Foreign extends IOException {
        private static final long serialVersionUID = 1L;

        Foreign(String message) {
            super(message);
        }
    }

    public StateDirectory(Path path) {
        this.path = path;
    }

    public Path path() {
        return path;
    }

    /// Puts a file in place of the one of that name: whoever reads it sees the old one or the new.
    /// Only its owner may read it, since it has what `env` has.
    ///
    /// @param durable survives a power cut too, which costs a wait for the disk
    public void write(String name, byte[] content, boolean durable) throws IOException {
        make();
        try (SafePath place = open()) {
            write(place, name, content, durable);
        }
        if (durable) {
            sync();
        }
    }

    private void write(SafePath place, String name, byte[] content, boolean durable)
            throws IOException {
        Path fresh = place.sibling(name + ".new");
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
            Files.move(fresh, place.sibling(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException removed) {
            throw new NoSuchFileException(path.resolve(name).toString());
        } catch (IOException e) {
            remove(fresh); // what a full disk has of it is of no use
            throw new IOException(place.shown(RuntimeFiles.why(e)), e);
        }
    }

    /// Appends to a file, which is made if it is not there.
    ///
    /// @return its size after that, in bytes
    public long append(String name, byte[] content) throws IOException {
        make();
        try (SafePath place = open();
                FileChannel file = FileChannel.open(place.sibling(name), APPENDED, OWNER_ONLY)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            return file.size();
        }
    }

    /// Puts a file in place of another.
    public void rename(String name, String to) throws IOException {
        try (SafePath place = open()) {
            Files.move(place.sibling(name), place.sibling(to), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void remove(Path fresh) {
        try {
            Files.deleteIfExists(fresh);
        } catch (IOException stays) {
            // the next writing says so
        }
    }

    /// Creates a temporary file; one left by a manager that was killed is replaced.
    private static FileChannel create(Path fresh) throws IOException {
        try {
            return FileChannel.open(fresh, NEW, OWNER_ONLY);
        } catch (FileAlreadyExistsException e) {
            Files.deleteIfExists(fresh);
            return FileChannel.open(fresh, NEW, OWNER_ONLY);
        }
    }

    /// Makes it, if it is not there.
    public void make() throws IOException {
        if (made) {
            return;
        }
        RuntimeFiles.directory(path, "rwx------");
        try (SafePath place = open()) {
            hide(place);
        }
        made = true;
    }

    /// Files of earlier versions could be read by all who could get there.
    private static void hide(SafePath place) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(place.path())) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (OURS.matcher(name).matches()) {
                    hide(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /// A manager that uses the directory writes to other names first: they come and go.
    private static void hide(Path file) throws IOException {
        try {
            if (othersMayRead(file)) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
        } catch (NoSuchFileException e) {
            // nobody can read it
        }
    }

    private static boolean othersMayRead(Path file) throws IOException {
        Object mode = Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return mode instanceof Integer bits && (bits & 0170000) == 0100000 && (bits & 0077) != 0;
    }

    /// Makes it once more: somebody may have removed it.
    public void makeAgain() throws IOException {
        made = false;
        make();
    }

    /// The new name of a file is in its directory, so that is written too.
    private void sync() throws IOException {
        try (FileChannel directory = FileChannel.open(path, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /// Opens an empty file of that name to write to; the caller closes the descriptor.
    ///
    /// @throws PosixException if it cannot be opened
    public int openEmpty(String name) throws IOException {
        make();
        return Descriptors.openEmpty(path.resolve(name));
    }

    /// True if there is a file of that name.
    public boolean has(String name) {
        return Files.exists(path.resolve(name));
    }

    /// A file's content.
    ///
    /// @param most bytes; a longer one is not ours
    /// @return null if there is no such file
    /// @throws Foreign if it is not one of ours
    /// @throws IOException if it could not be read this time
    public byte @Nullable [] read(String name, int most) throws IOException {
        if (!made && !Files.exists(path)) {
            return null;
        }
        try (SafePath place = open()) {
            return read(place, name, most);
        } catch (NoSuchFileException removed) {
            return null;
        }
    }

    private byte @Nullable [] read(SafePath place, String name, int most) throws IOException {
        Path file = place.sibling(name);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(most + 1);
            if (content.length > most) {
                throw new Foreign(path.resolve(name) + " is longer than " + most + " bytes");
            }
            return content;
        } catch (NoSuchFileException none) {
            return null;
        } catch (AccessDeniedException e) {
            throw new Foreign(place.shown(RuntimeFiles.why(e)));
        } catch (Foreign e) {
            throw e;
        } catch (IOException e) {
            throw Files.isDirectory(file)
                    ? new Foreign(path.resolve(name) + " is a directory")
                    : new IOException(place.shown(RuntimeFiles.why(e)), e);
        }
    }

    /// Opens the directory if it is the manager's own. Beside a control socket in /tmp anybody
    /// could have made it; what they wrote is not believed. Nor is what is in a directory where all
    /// may write. Write permission of its group, as with a umask of 002, is removed, and that to
    /// list it: who may can hold up the making of files.
    ///
    /// @return the open directory
    private SafePath open() throws IOException {
        try {
            SafePath place = SafePath.into(path);
            try {
                requireOwn(place);
                return place;
            } catch (IOException e) {
                place.close();
                throw e;
            }
        } catch (PosixException e) {
            if (e.isRefusal()) {
                throw new Foreign(String.valueOf(e.getMessage()));
            }
            throw e.errno() == Errno.ENOENT
                    ? new NoSuchFileException(path.toString())
                    : new IOException(e.getMessage(), e);
        }
    }

    private void requireOwn(SafePath place) throws IOException {
        if (place.owner() != Processes.user()) {
            throw new Foreign(path + " belongs to somebody else; remove it");
        }
        if ((place.mode() & 0002) != 0) {
            throw new Foreign(
                    path
                            + " can be written by everybody; chmod 700 it, or name a directory for"
                            + " this manager alone");
        }
        if ((place.mode() & TAKEN) != 0) {
            Files.setAttribute(place.path(), "unix:mode", place.mode() & ~TAKEN);
        }
    }

    /// Puts a file that cannot be used where a person finds it and nobody reads it again.
    ///
    /// @return its new path
    public Path setAside(String name) throws IOException {
        String aside = name + ".set-aside";
        try (SafePath place = open()) {
            Files.move(
                    place.sibling(name), place.sibling(aside), StandardCopyOption.REPLACE_EXISTING);
            return path.resolve(aside);
        }
    }

    /// Names of the files whose names begin so; none if there is no directory.
    public List<String> names(String prefix) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (name.startsWith(prefix)) {
                    names.add(name);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return List.of(); // there is none, or it cannot be read
        }
        return names;
    }

    public void delete(String name) {
        RuntimeFiles.delete(path.resolve(name));
    }

    /// Removes it if nothing is left in it.
    void close() {
        if (made) {
            RuntimeFiles.delete(path);
        }
    }
}
