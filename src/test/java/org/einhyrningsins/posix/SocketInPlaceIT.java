// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.socket.SocketFile;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.SocketSpec.UnixFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/// Whoever may change the directory of a socket puts something else in its place before the
/// manager, who may do more, changes mode or owner of the file.
@Timeout(240)
class SocketInPlaceIT {
    private static final UnixFile FOR_ALL = new UnixFile(0666, null, null);

    @TempDir Path directory;
    private Path path;
    private Path secret;
    private int listener;
    private long inode;

    @BeforeEach
    void aSocketAndASecret() throws IOException {
        path = directory.resolve("socket");
        listener = Sockets.listenUnix(path, 0600);
        inode = inode(path);
        secret = Files.writeString(directory.resolve("secret"), "secret");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    }

    @AfterEach
    void close() {
        Descriptors.close(listener);
    }

    private static long inode(Path file) throws IOException {
        return ((Number) Files.getAttribute(file, "unix:ino")).longValue();
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private void nothingIsChanged(Path other) throws IOException {
        String before = mode(other);
        String why = "it is not the socket any more";
        assertThatThrownBy(() -> SocketFile.setModeAndOwner(path, FOR_ALL, inode))
                .hasMessageContaining(why);
        assertThatThrownBy(() -> SocketFile.mode(path, 0666, inode)).hasMessageContaining(why);
        assertThat(mode(other)).isEqualTo(before);
    }

    @Test
    void theSocketItselfIsChanged() throws IOException {
        SocketFile.setModeAndOwner(path, FOR_ALL, inode);
        assertThat(mode(path)).isEqualTo("rw-rw-rw-");
        SocketFile.mode(path, 0660, inode);
        assertThat(mode(path)).isEqualTo("rw-rw----");
    }

    @Test
    void aLinkInItsPlaceLeadsToNothing() throws IOException {
        Files.delete(path);
        Files.createSymbolicLink(path, secret);
        nothingIsChanged(secret);
        assertThatThrownBy(() -> SocketFile.giveTo(path, 12345))
                .hasMessageContaining("not the socket");
    }

    @Test
    void anotherNameOfAFileInItsPlaceIsNotTheSocket() throws IOException {
        Files.delete(path);
        Files.createLink(path, secret);
        nothingIsChanged(secret);
    }

    @Test
    void anotherSocketInItsPlaceIsNotTheSocket() throws IOException {
        Files.move(path, directory.resolve("was")); // else it may get the same number
        int other = Sockets.listenUnix(path, 0600);
        nothingIsChanged(path);
        Descriptors.close(other);
    }
}
