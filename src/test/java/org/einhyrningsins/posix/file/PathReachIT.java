// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.posix.process.Processes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class PathReachIT {
    private static final int NOBODY = 65534;

    @TempDir Path top;
    private Path file = Path.of("");

    @BeforeEach
    void reachable() throws IOException {
        Path directory = Files.createDirectory(top.resolve("run"));
        file = directory.resolve("web.sock");
        mode(top, 0711);
    }

    private static void mode(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:mode", mode);
    }

    @Test
    void namesAreInReachOfWhoMayListTheirDirectory() throws IOException {
        mode(file.getParent(), 0755);
        assertThat(PathReach.ofNames(file)).isEqualTo("below " + file.getParent());
        assertThat(PathReach.of(file)).as("what is written to a file").isNull();
        mode(file.getParent(), 0744);
        assertThat(PathReach.ofNames(file)).as("listed, and not entered").isNotNull();
    }

    @Test
    void namesAreInNobodysReachWhereOthersMayOnlyPassThrough() throws IOException {
        mode(file.getParent(), 0711);
        assertThat(PathReach.ofNames(file)).isNull();
        mode(file.getParent(), 0700);
        assertThat(PathReach.ofNames(file)).isNull();
        mode(top, 0700);
        mode(file.getParent(), 0755);
        assertThat(PathReach.ofNames(file)).as("nobody gets there").isNull();
    }

    @Test
    void namesAreInReachOfWhoOwnsADirectoryOnTheWay() throws IOException {
        assumeTrue(Processes.user() == 0, "only root gives a directory away");
        mode(file.getParent(), 0700);
        Files.setAttribute(file.getParent(), "unix:uid", NOBODY);
        assertThat(PathReach.ofNames(file)).isEqualTo("uid " + NOBODY);
        assertThat(PathReach.ofNames(file.resolve("below/it.sock"))).isEqualTo("uid " + NOBODY);
    }
}
