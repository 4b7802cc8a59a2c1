// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import static java.util.Objects.requireNonNull;

import org.einhyrningsins.manager.runtime.PidFile;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.SocketFile;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.SocketSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/// The manager's own files, where others own a part of the way: pid file, state, sockets.
final class ForeignFilesIT {
    private static final int APP = 54321;

    @TempDir Path top;

    private final List<Integer> open = new ArrayList<>();
    private Path home = Path.of("");
    private Path secret = Path.of("");

    @BeforeEach
    void aUserAndASecret() throws IOException {
        assumeTrue(Processes.user() == 0, "only root can be led where others may not go");
        home = own(Files.createDirectory(top.resolve("home")), APP);
        secret = Files.createFile(Files.createDirectory(top.resolve("etc")).resolve("secret"));
        Files.writeString(secret, "secret");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    }

    @AfterEach
    void theSecretIsAsItWas() throws IOException {
        open.forEach(Descriptors::close);
        if (Files.exists(secret)) {
            assertThat(secret).hasContent("secret");
            assertThat(mode(secret)).isEqualTo("rw-------");
            assertThat(requireNonNull(secret.getParent()).toFile().list())
                    .containsExactly("secret");
        }
    }

    // ---- the pid file

    @Test
    void aPidFileReplacesALinkAndDoesNotFollowIt() throws IOException {
        Path file = link(home.resolve("web.pid"), secret, APP);
        PidFile.write(file, 7);
        assertThat(file).hasContent("7\n").isRegularFile();
        assertThat(Files.isSymbolicLink(file)).isFalse();
        Path hard = Files.createLink(home.resolve("hard.pid"), secret);
        PidFile.write(hard, 8);
        assertThat(hard).hasContent("8\n");
        PidFile.write(hard, 9);
        assertThat(hard).hasContent("9\n");
        assertThat(home).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void aPidFileIsNotWrittenThroughALinkedDirectory() throws IOException {
        Path file = link(home.resolve("run"), top.resolve("etc"), APP).resolve("web.pid");
        assertThatThrownBy(() -> PidFile.write(file, 7)).hasMessageContaining("uid " + APP);
        Path own = Files.createFile(top.resolve("etc/web.pid"));
        RuntimeFiles.delete(file);
        assertThat(own).exists();
        Files.delete(own);
    }

    @Test
    void aPidFileIsNoDevice() {
        assertThatThrownBy(() -> PidFile.write(Path.of("/dev/null"), 7))
                .hasMessageContaining("not a regular file");
    }

    // ---- the state directory

    @Test
    void onlyItsOwnerReadsWhatIsInTheStateDirectory() throws IOException {
        Path path = Files.createDirectory(top.resolve("state"));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxr-x"));
        Path older = Files.writeString(path.resolve("program-web.json"), "{}");
        Path other = Files.writeString(path.resolve("another's"), "");
        StateDirectory state = new StateDirectory(path);
        state.write("manager.json", new byte[] {1}, false);
        assertThat(mode(path.resolve("manager.json"))).isEqualTo("rw-------");
        assertThat(mode(older)).isEqualTo("rw-------");
        assertThat(mode(other)).isEqualTo("rw-r--r--");
        assertThat(mode(path)).isEqualTo("rwx--x--x");
    }

    @Test
    void whatIsWhereAllMayWriteIsNotBelieved() throws IOException {
        Path path = Files.createDirectory(top.resolve("state"));
        Files.writeString(path.resolve("manager.json"), "{}");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
        StateDirectory state = new StateDirectory(path);
        assertThatThrownBy(() -> state.read("manager.json", 9))
                .isInstanceOf(StateDirectory.Foreign.class)
                .hasMessageContaining("chmod 700");
        assertThatThrownBy(state::make).isInstanceOf(StateDirectory.Foreign.class);
    }

    @Test
    void noStateIsWrittenThroughALinkOfAnothers() throws IOException {
        Path path = link(home.resolve("state"), top.resolve("etc"), APP);
        StateDirectory state = new StateDirectory(path);
        assertThatThrownBy(() -> state.write("manager.json", new byte[1], false))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> state.read("secret", 9)).isInstanceOf(IOException.class);
    }

    /// As the default directory in /tmp, made by somebody who knows our name.
    @Test
    void noDirectoryIsUsedThroughALinkInADirectoryForAll() throws IOException {
        Path shared = Files.createDirectory(top.resolve("shared"));
        Files.setAttribute(shared, "unix:mode", 01777);
        Path ours = Files.createDirectory(top.resolve("ours"));
        Files.setPosixFilePermissions(ours, PosixFilePermissions.fromString("rwx------"));
        Path path = link(shared.resolve("einhyrningsins-0"), ours, APP);
        assertThatThrownBy(() -> RuntimeFiles.directory(path, "rwx--x--x"))
                .isInstanceOf(IOException.class);
        RuntimeFiles.permit(path, "rwx--x--x");
        assertThat(mode(ours)).isEqualTo("rwx------");
        assertThat(RuntimeFiles.owner(path)).isNotEqualTo(Processes.user());
    }

    @Test
    void aDirectoryIsNotMadeWhereALinkOfAnothersLeads() throws IOException {
        Path path = link(home.resolve("run"), top.resolve("etc"), APP).resolve("deep/er");
        assertThatThrownBy(() -> RuntimeFiles.directory(path, "rwx------"))
                .isInstanceOf(IOException.class);
    }

    // ---- sockets

    @Test
    void noModeOrOwnerIsGivenToWhatALinkLeadsTo() throws IOException {
        Path path = home.resolve("web.sock");
        open.add(Sockets.listenUnix(path, 0600));
        long file = RuntimeFiles.inode(path);
        SocketFile.mode(path, 0660, file);
        assertThat(mode(path)).isEqualTo("rw-rw----");
        Files.delete(path);
        link(path, secret, APP);
        refuses(path, file);
        Files.delete(path);
        Files.createLink(path, secret);
        refuses(path, file);
        refuses(path, RuntimeFiles.inode(path));
        Path other = home.resolve("other.sock");
        open.add(Sockets.listenUnix(other, 0600));
        refuses(other, file);
    }

    private static void refuses(Path path, long file) {
        var dress = new SocketSpec.UnixFile(0666, "" + APP, null);
        assertThatThrownBy(() -> SocketFile.mode(path, 0666, file))
                .isInstanceOf(PosixException.class);
        assertThatThrownBy(() -> SocketFile.setModeAndOwner(path, dress, file))
                .isInstanceOf(PosixException.class);
    }

    @Test
    void noSocketIsBoundThroughALinkOfItsUser() throws IOException {
        Path path = link(home.resolve("run"), top.resolve("etc"), APP).resolve("web.sock");
        assertThatThrownBy(() -> Sockets.listenUnix(path, 0600)).hasMessageContaining("uid " + APP);
    }

    // ----

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static Path link(Path link, Path target, int uid) throws IOException {
        Files.createSymbolicLink(link, target);
        return own(link, uid);
    }

    private static Path own(Path file, int uid) throws IOException {
        return Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    }
}
