// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.posix.file.SafeDirectories;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/// Root makes directories for others, who try to be given what is not theirs.
final class MadeDirectoriesIT {
    private static final int APP = 54321;
    private static final int STRANGER = 54322;
    private static final Credentials AS = new Credentials(APP, 777, List.of(777));

    @TempDir Path top;

    @BeforeEach
    void asRoot() throws IOException {
        assumeTrue(Processes.user() == 0, "only root can give");
        Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void isOf(Path directory, int uid, String mode) throws IOException {
        assertThat(Files.getAttribute(directory, "unix:uid")).isEqualTo(uid);
        String found = PosixFilePermissions.toString(Files.getPosixFilePermissions(directory));
        assertThat(found).isEqualTo(mode);
    }

    private static Path own(Path directory, int uid) throws IOException {
        Files.setAttribute(directory, "unix:uid", uid);
        return directory;
    }

    private static void refuses(Path directory) {
        assertThatThrownBy(() -> SafeDirectories.make(directory, 0755, AS))
                .isInstanceOf(PosixException.class)
                .hasMessageContaining(directory.getFileName().toString());
    }

    @Test
    void isMadeWithThoseItIsInAndGiven() throws IOException {
        Path web = top.resolve("a/b/web");
        SafeDirectories.make(web, 0770, AS);
        isOf(web, APP, "rwxrwx---");
        assertThat(Files.getAttribute(web, "unix:gid")).isEqualTo(777);
        isOf(top.resolve("a/b"), 0, "rwxr-xr-x");
        SafeDirectories.make(web, 0700, AS);
        isOf(web, APP, "rwx------");
    }

    @Test
    void oneOfRootThatIsThereIsGivenWithoutWhatIsInIt() throws IOException {
        Path web = Files.createDirectory(top.resolve("web"));
        Path file = Files.createFile(web.resolve("file"));
        SafeDirectories.make(web, 0755, AS);
        isOf(web, APP, "rwxr-xr-x");
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(0);
    }

    @Test
    void withoutAUserItIsTheManagers() throws IOException {
        SafeDirectories.make(top.resolve("web"), 0750, null);
        isOf(top.resolve("web"), 0, "rwxr-x---");
    }

    @Test
    void isMadeInAHomeAndInATemporaryDirectory() throws IOException {
        Path home = own(Files.createDirectory(top.resolve("home")), APP);
        SafeDirectories.make(home.resolve("run/web"), 0755, AS);
        isOf(home.resolve("run/web"), APP, "rwxr-xr-x");
        Path tmp = Files.createDirectory(top.resolve("tmp"));
        Runtime.getRuntime().exec(new String[] {"chmod", "1777", "" + tmp}).onExit().join();
        SafeDirectories.make(tmp.resolve("web"), 0755, AS);
        isOf(tmp.resolve("web"), APP, "rwxr-xr-x");
    }

    @Test
    void aLinkInItsPlaceIsNotFollowed() throws IOException {
        Path home = own(Files.createDirectory(top.resolve("home")), APP);
        Path etc = Files.createDirectory(top.resolve("etc"));
        Files.createSymbolicLink(home.resolve("web"), etc);
        refuses(home.resolve("web"));
        Files.createSymbolicLink(home.resolve("up"), top);
        assertThatThrownBy(() -> SafeDirectories.make(home.resolve("up/web"), 0755, AS))
                .isInstanceOf(PosixException.class);
        isOf(etc, 0, "rwxr-xr-x");
        assertThat(top.resolve("web")).doesNotExist();
    }

    @Test
    void whatIsAnothersStaysTheirs() throws IOException {
        Path theirs = own(Files.createDirectory(top.resolve("theirs")), STRANGER);
        refuses(theirs);
        isOf(theirs, STRANGER, "rwxr-xr-x");
    }

    /// A user may move a directory of root's that is in its own.
    @Test
    void oneOfRootInAHomeIsNotGivenAway() throws IOException {
        Path home = own(Files.createDirectory(top.resolve("home")), APP);
        Path moved = Files.createDirectory(home.resolve("web"));
        refuses(moved);
        isOf(moved, 0, "rwxr-xr-x");
    }

    @Test
    void aFileInItsPlaceIsAnError() throws IOException {
        Path file = Files.createFile(top.resolve("file"));
        refuses(file);
    }
}
