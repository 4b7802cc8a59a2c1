// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// Who may change what a path leads to, on a real file system.
final class PathTrustIT {
    private static final int APP = 54321;

    @TempDir Path top;

    @BeforeEach
    void root() {
        assumeTrue(Processes.user() == 0, "only root can make files of others");
    }

    private static @Nullable String who(Path file, @Nullable String user, boolean groups) {
        KernelRights.Stranger found = new PathTrust().on(file, user, groups);
        return found == null ? null : found.who();
    }

    @Test
    void nobodyWhereAllIsOfRoot() throws IOException {
        Path file = Files.writeString(top.resolve("services.yaml"), "");
        assertThat(who(file, null, true)).isNull();
        assertThat(who(top.resolve("not/there/yet"), null, true)).isNull();
        assertThat(who(Path.of("/dev/null"), null, true)).isNull();
    }

    @Test
    void whoOwnsADirectoryOrTheFile() throws IOException {
        Path home = own(Files.createDirectory(top.resolve("home")));
        Path file = Files.writeString(home.resolve("x"), "");
        assertThat(who(file, null, false)).isEqualTo("uid " + APP + " owns " + home);
        assertThat(who(file, "" + APP, false)).isNull();
        own(file);
        Files.setAttribute(home, "unix:uid", 0);
        assertThat(who(file, null, false)).isEqualTo("uid " + APP + " owns " + file);
    }

    @Test
    void whoMayWriteThere() throws IOException {
        Path shared = Files.createDirectory(top.resolve("shared"));
        Path file = Files.writeString(shared.resolve("services.yaml"), "");
        Files.setAttribute(file, "unix:mode", 0666);
        assertThat(who(file, null, false)).isEqualTo("everybody may write " + file);
        Files.setAttribute(file, "unix:mode", 0600);
        Files.setAttribute(shared, "unix:mode", 0777);
        assertThat(who(file, null, false)).isEqualTo("everybody may write in " + shared);
        Files.setAttribute(shared, "unix:mode", 01777);
        assertThat(who(file, null, true)).isNull();
        assertThat(who(shared.resolve("new"), null, false))
                .isEqualTo("everybody may make " + shared.resolve("new") + " before it is there");
        Files.setAttribute(shared, "unix:gid", APP);
        Files.setAttribute(shared, "unix:mode", 0775);
        assertThat(who(file, null, false)).isNull();
        assertThat(who(file, null, true)).isEqualTo("group " + APP + " may write in " + shared);
    }

    @Test
    void whoOwnsALinkOrWhereItLeads() throws IOException {
        Path etc = Files.createDirectory(top.resolve("etc"));
        Path link = own(Files.createSymbolicLink(top.resolve("link"), etc));
        assertThat(who(link.resolve("x"), null, false)).isEqualTo("uid " + APP + " owns " + link);
        Files.setAttribute(link, "unix:uid", 0, LinkOption.NOFOLLOW_LINKS);
        assertThat(who(link.resolve("x"), null, false)).isNull();
        own(etc);
        assertThat(who(link.resolve("x"), null, false)).isEqualTo("uid " + APP + " owns " + etc);
    }

    private static Path own(Path file) throws IOException {
        return Files.setAttribute(file, "unix:uid", APP, LinkOption.NOFOLLOW_LINKS);
    }
}
