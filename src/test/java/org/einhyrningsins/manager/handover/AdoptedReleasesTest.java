// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.spec.Release;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.Objects;

class AdoptedReleasesTest {
    private static final Path LINK = Path.of("/srv/web/current");
    private static final Path R42 = Path.of("/srv/web/releases/42");

    private static @Nullable Release of(String written, Release now, String cwd, String exe) {
        return AdoptedReleases.of(Path.of(written), now, Path.of(cwd), Path.of(exe));
    }

    @Test
    void aWorkerWhereTheLinkPointsRunsThatRelease() {
        Release now = new Release(LINK, R42, R42, R42.resolve("bin/web"));
        assertThat(of("/srv/web/current", now, "/srv/web/releases/42", "/usr/bin/python3"))
                .isEqualTo(now);
    }

    @Test
    void aWorkerBesideItRunsTheReleaseThatItIsIn() {
        Release now = new Release(LINK, R42, R42, R42.resolve("bin/web"));
        Release its = of("/srv/web/current", now, "/srv/web/releases/41", "/usr/bin/python3");
        assertThat(Objects.requireNonNull(its).name()).isEqualTo("41");
        assertThat(its.program()).isEqualTo(Path.of("/srv/web/releases/41/bin/web"));
        Release below = new Release(LINK, R42, R42.resolve("a/b"), null);
        its = of("/srv/web/current/a/b", below, "/srv/web/releases/41/a/b", "/bin/sh");
        assertThat(Objects.requireNonNull(its).path()).isEqualTo(Path.of("/srv/web/releases/41"));
        assertThat(its.directory()).isEqualTo(Path.of("/srv/web/releases/41/a/b"));
    }

    @Test
    void aWorkerThatWentElsewhereSaysNothing() {
        Release now = new Release(LINK, R42, R42, null);
        assertThat(of("/srv/web/current", now, "/", "/bin/sh")).isNull();
        assertThat(of("/srv/web/current", now, "/srv/web", "/bin/sh")).isNull();
        assertThat(of("/srv/web/current", now, "/srv/web/releases/41/tmp", "/bin/sh")).isNull();
        Release below = new Release(LINK, R42, R42.resolve("a"), null);
        assertThat(of("/srv/web/current/a", below, "/srv/web/releases/41/b", "/bin/sh")).isNull();
    }

    @Test
    void whereOnlyTheProgramIsBehindTheLinkItsFileCounts() {
        Path home = Path.of("/home/web");
        Release now = new Release(LINK, R42, home, R42.resolve("web"));
        assertThat(of("/home/web", now, "/home/web", "/srv/web/releases/42/web")).isEqualTo(now);
        assertThat(of("/home/web", now, "/home/web", "/srv/web/releases/41/web")).isNull();
        Release file = new Release(home.resolve("tool"), home.resolve("tool-2"), home, null);
        assertThat(of("/home/web", file, "/home/web", "/home/web/tool-2")).isEqualTo(file);
        assertThat(of("/home/web", file, "/home/web", "/usr/bin/python3")).isNull();
    }
}
