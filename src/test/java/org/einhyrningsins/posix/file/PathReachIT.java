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
import java.util.Objects;

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

    private static Path parent(Path path) {
        return Objects.requireNonNull(path.getParent());
    }

    private static void mode(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:mode", mode);
    }

    @Test
    void namesAreInReachOfWhoMayListTheirDirectory() throws IOException {
        mode(parent(file), 0755);
        assertThat(PathReach.ofNames(file)).isEqualTo("below " + parent(file));
        assertThat(PathReach.of(file)).as("what is written to a file").isNull();
        mode(parent(file), 0744);
        assertThat(PathReach.ofNames(file)).as("listed, and not entered").isNotNull();
    }

    @Test
    void namesAreInNobodysReachWhereOthersMayOnlyPassThrough() throws IOException {
        mode(parent(file), 0711);
        assertThat(PathReach.ofNames(file)).isNull();
        mode(parent(file), 0700);
        assertThat(PathReach.ofNames(file)).isNull();
        mode(top, 0700);
        mode(parent(file), 0755);
        assertThat(PathReach.ofNames(file)).as("nobody gets there").isNull();
    }

    @Test
    void namesAreInReachOfWhoOwnsADirectoryOnTheWay() throws IOException {
        assumeTrue(Processes.user() == 0, "only root gives a directory away");
        mode(parent(file), 0700);
        Files.setAttribute(parent(file), "unix:uid", NOBODY);
        assertThat(PathReach.ofNames(file)).isEqualTo("uid " + NOBODY);
        assertThat(PathReach.ofNames(file.resolve("below/it.sock"))).isEqualTo("uid " + NOBODY);
    }
}
