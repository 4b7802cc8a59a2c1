// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.InputFiles;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
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

/// Root opens files by paths through the directories of others, who try to lead it elsewhere.
final class ForeignDirectoriesIT {
    private static final int APP = 54321;
    private static final int STRANGER = 54322;

    @TempDir Path top;

    private final List<Integer> open = new ArrayList<>();
    private Path home = Path.of("");
    private Path etc = Path.of("");

    @BeforeEach
    void aUserAndASecret() throws IOException {
        assumeTrue(Processes.user() == 0, "only root can be led where others may not go");
        home = own(Files.createDirectory(top.resolve("home")), APP);
        etc = Files.createDirectory(top.resolve("etc"));
        write(etc.resolve("secret"), "KEY=secret\n", "rw-------");
    }

    @AfterEach
    void close() {
        open.forEach(Descriptors::close);
    }

    // ---- what is refused

    @Test
    void noLogIsWrittenThroughALinkOfItsUser() throws IOException {
        Path log = link(home.resolve("log"), etc, APP).resolve("cron");
        refusesToWrite(log);
        assertThat(etc.resolve("cron")).doesNotExist();
    }

    @Test
    void noLogIsWrittenThroughALinkInTheNameOfTheFile() throws IOException {
        refusesToWrite(link(home.resolve("web.log"), etc.resolve("cron"), APP));
        refusesToWrite(link(home.resolve("old.log"), etc.resolve("secret"), APP));
        assertThat(etc.resolve("cron")).doesNotExist();
        assertThat(etc.resolve("secret")).hasContent("KEY=secret\n");
    }

    @Test
    void aLinkOfRootThatAUserMovedIsNotFollowed() throws IOException {
        refusesToWrite(link(home.resolve("log"), etc, 0).resolve("cron"));
        assertThat(etc.resolve("cron")).doesNotExist();
    }

    @Test
    void aLinkToAnothersDirectoryIsNotFollowed() throws IOException {
        Path theirs = own(Files.createDirectory(top.resolve("stranger")), STRANGER);
        refusesToWrite(link(home.resolve("log"), theirs, APP).resolve("web.log"));
        link(theirs.resolve("back"), home, STRANGER);
        refusesToWrite(link(home.resolve("far"), theirs.resolve("back"), APP).resolve("web.log"));
    }

    @Test
    void aLinkUpwardsIsNotFollowed() throws IOException {
        refusesToWrite(link(home.resolve("log"), Path.of("../etc"), APP).resolve("cron"));
        assertThat(etc.resolve("cron")).doesNotExist();
    }

    @Test
    void aLinkInADirectoryThatAllMayWriteIsNotFollowed() throws IOException {
        Path shared = shared();
        refusesToWrite(link(shared.resolve("log"), etc, APP).resolve("cron"));
        refusesToWrite(link(shared.resolve("web.log"), etc.resolve("secret"), APP));
    }

    @Test
    void aHardLinkToAFileOfRootIsNeitherWrittenNorRead() throws IOException {
        Path hard = Files.createLink(home.resolve("web.log"), etc.resolve("secret"));
        refusesToWrite(hard);
        assertThatThrownBy(() -> InputFiles.read(hard, 99)).hasMessageContaining("2 names");
    }

    @Test
    void aFileOfAStrangerInADirectoryThatAllMayWriteIsNotWritten() throws IOException {
        refusesToWrite(own(Files.createFile(shared().resolve("web.log")), STRANGER));
    }

    @Test
    void noFileIsReadThroughALinkOfItsUser() throws IOException {
        Path env = link(home.resolve(".env"), etc.resolve("secret"), APP);
        assertThatThrownBy(() -> InputFiles.read(env, 99))
                .hasMessageStartingWith("open " + env + ": others could choose what that is: ")
                .hasMessageContaining("a symbolic link of uid " + APP);
        Path below = link(home.resolve("conf"), etc, APP).resolve("secret");
        assertThatThrownBy(() -> InputFiles.read(below, 99)).isInstanceOf(PosixException.class);
    }

    @Test
    void aLinkThatLeadsBackToItselfEnds() throws IOException {
        Path round = link(top.resolve("round"), Path.of("round"), 0);
        assertThatThrownBy(() -> Descriptors.openAppend(round.resolve("web.log")))
                .hasMessageContaining("ELOOP");
    }

    private void refusesToWrite(Path log) {
        assertThatThrownBy(() -> open.add(AppendFiles.open(log, false)))
                .isInstanceOf(PosixException.class);
        assertThatThrownBy(() -> open.add(Descriptors.openAppend(log)))
                .isInstanceOf(PosixException.class);
    }

    // ---- what goes on working

    @Test
    void aLogInTheDirectoryOfItsUserIsMadeAndOpenedAgain() throws IOException {
        Path logs = own(Files.createDirectory(home.resolve("log")), APP);
        writes(logs.resolve("web.log"));
        writes(logs.resolve("web.log"));
        writes(own(Files.createFile(logs.resolve("own.log")), APP));
    }

    @Test
    void aDirectoryOfRootInThatOfAUserIsWrittenIn() throws IOException {
        writes(Files.createDirectory(home.resolve("log")).resolve("web.log"));
    }

    @Test
    void linksOfRootAreFollowed() throws IOException {
        Path releases = Files.createDirectories(top.resolve("releases/7/log"));
        link(top.resolve("current"), Path.of("releases/7"), 0);
        writes(top.resolve("current/log/web.log"));
        assertThat(releases.resolve("web.log")).exists();
        link(top.resolve("data"), releases, 0);
        writes(top.resolve("data/other.log"));
        link(top.resolve("into-home"), home, 0);
        writes(top.resolve("into-home/web.log"));
    }

    @Test
    void aLinkOfAUserToADirectoryOfTheirsIsFollowed() throws IOException {
        Path disk = own(Files.createDirectory(top.resolve("disk")), APP);
        writes(link(home.resolve("log"), disk, APP).resolve("web.log"));
        assertThat(disk.resolve("web.log")).exists();
        own(Files.createDirectories(home.resolve("releases/7")), APP);
        writes(link(home.resolve("current"), Path.of("releases/7"), APP).resolve("web.log"));
    }

    @Test
    void aDirectoryWhereAGroupMayWriteKeepsTheLinksOfRoot() throws IOException {
        Path logs = Files.createDirectory(top.resolve("logs"));
        Files.setPosixFilePermissions(logs, PosixFilePermissions.fromString("rwxrwxr-x"));
        writes(link(logs.resolve("web"), etc, 0).resolve("web.log"));
    }

    @Test
    void aFileIsReadThroughALinkToOneOfTheSameUser() throws IOException {
        write(home.resolve("v7.env"), "A=b\n", "rw-------");
        Path env = link(home.resolve(".env"), Path.of("v7.env"), APP);
        own(home.resolve("v7.env"), APP);
        assertThat(InputFiles.read(env, 99)).asString().isEqualTo("A=b\n");
        Path own = home.resolve("root.env");
        write(own, "C=d\n", "rw-------");
        assertThat(InputFiles.read(own, 99)).asString().isEqualTo("C=d\n");
    }

    @Test
    void whatAllMayReadALinkMayLeadTo() throws IOException {
        write(etc.resolve("public"), "E=f\n", "rw-r--r--");
        Path env = link(home.resolve(".env"), etc.resolve("public"), APP);
        assertThatThrownBy(() -> InputFiles.read(env, 99)).isInstanceOf(PosixException.class);
        Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(InputFiles.read(env, 99)).asString().isEqualTo("E=f\n");
        Files.setPosixFilePermissions(etc, PosixFilePermissions.fromString("rwxr-x---"));
        assertThatThrownBy(() -> InputFiles.read(env, 99)).isInstanceOf(PosixException.class);
    }

    @Test
    void devicesAndPipesStayWhatTheyAre() throws Exception {
        open.add(Descriptors.openAppend(Path.of("/dev/null")));
        open.add(Descriptors.openAppend(Path.of("/dev/stderr")));
        int[] pipe = Descriptors.raisedPipe();
        open.add(pipe[0]);
        open.add(pipe[1]);
        open.add(Descriptors.openAppend(Path.of("/proc/self/fd/" + pipe[1])));
        open.add(Descriptors.openAppend(Path.of("/dev/fd/" + pipe[1])));
    }

    private void writes(Path log) {
        open.add(AppendFiles.open(log, false));
        open.add(Descriptors.openAppend(log));
    }

    private Path shared() throws IOException {
        Path shared = Files.createDirectory(top.resolve("shared"));
        Files.setAttribute(shared, "unix:mode", 01777);
        return shared;
    }

    private static void write(Path file, String text, String mode) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private static Path link(Path link, Path target, int uid) throws IOException {
        Files.createSymbolicLink(link, target);
        return own(link, uid);
    }

    private static Path own(Path file, int uid) throws IOException {
        return Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    }
}
