// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.file.PathReach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/// All that the keeper promises, of files that others could hold up: they are written beside the
/// loop, by a deputy.
class LogWriterThreadIT extends OutputPumpIT {
    @BeforeEach
    void everybodyMayChangeNamesInTheDirectory() throws Exception {
        allow(directory(), "rwxrwxrwx");
    }

    private static void allow(Path file, String mode) throws Exception {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    @Test
    void whatOthersCanHoldUpIsInTheirReach(@TempDir Path ours) throws Exception {
        Path file = ours.resolve("web.log");
        allow(ours, "rwx--x--x");
        assertThat(PathReach.of(file)).as("not there yet").isNull();
        Files.writeString(file, "");
        allow(file, "rw-r-----");
        assertThat(PathReach.of(file)).as("read by a group of ours").isNull();
        allow(file, "rw-r--r--");
        assertThat(PathReach.of(file)).as("read by all").isEqualTo(file.toString());
        allow(ours, "rwx------");
        assertThat(PathReach.of(file)).as("in a closed directory").isNull();
        allow(ours, "rwxr-xr-x");
        assertThat(PathReach.of(file)).as("read by all, listed by all").isEqualTo(file.toString());
        allow(file, "rw-r-----");
        assertThat(PathReach.of(file)).as("in a directory listed by all").isNull();
        Path link = Files.createSymbolicLink(ours.resolve("link.log"), file.getFileName());
        assertThat(PathReach.of(link)).as("behind a link of ours").isNull();
        assertThat(PathReach.isLedByOthers(link)).isFalse();
        allow(ours, "rwxrwxrwx");
        assertThat(PathReach.isLedByOthers(link)).isTrue();
        assertThat(PathReach.of(file)).as("written by all").isEqualTo(file.toString());
    }

    @Test
    void aFileThatSomebodyElsePutThereGoesOnBesideTheLoop() throws Exception {
        allow(directory(), "rwx--x--x");
        Worker worker = worker();
        worker.write("one\n");
        settle();
        assertThat(worker.pipe.file()).isInstanceOf(LogFile.class);
        Files.move(file(), file().resolveSibling("taken"));
        Files.writeString(file(), "");
        allow(file(), "rw-rw-rw-");
        worker.write("two\n");
        settle();
        assertThat(worker.pipe.file()).isInstanceOf(OffLoopLogFile.class);
        worker.write("three\n");
        settle();
        assertThat(file()).hasContent("two\nthree\n");
    }
}
