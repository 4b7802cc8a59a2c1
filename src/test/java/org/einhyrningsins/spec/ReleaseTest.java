// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.spec.TextTemplate.ReleaseName;
import org.einhyrningsins.spec.TextTemplate.ReleasePath;
import org.einhyrningsins.spec.TextTemplate.Slot;
import org.einhyrningsins.spec.TextTemplate.Text;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

class ReleaseTest {
    private static final Path PATH = Path.of("/srv/releases/42");
    private static final Release RELEASE =
            new Release(Path.of("/srv/current"), PATH, PATH.resolve("app"), null);

    @ParameterizedTest
    @CsvSource({
        "/srv/current, /srv/releases/42",
        "/srv/current/, /srv/releases/42/",
        "/srv/current/bin/x, /srv/releases/42/bin/x",
        "--conf=/srv/current/x.yaml, --conf=/srv/releases/42/x.yaml",
        "-cp /srv/current/a:/srv/current/b, -cp /srv/releases/42/a:/srv/releases/42/b",
        "cd /srv/current && exec ./x, cd /srv/releases/42 && exec ./x",
        "'\"/srv/current\"', '\"/srv/releases/42\"'",
        "file:///srv/current/x, file:///srv/releases/42/x",
        "/srv/current/../shared, /srv/releases/42/../shared",
    })
    void standsForItsLinkInAText(String text, String kept) {
        assertThat(RELEASE.in(text)).isEqualTo(kept);
    }

    @ParameterizedTest
    @CsvSource({
        "/data/srv/current/x",
        "/srv/currents",
        "/srv/current-old/x",
        "/srv/current.bak",
        "srv/current",
        "//srv/current",
        "/srv",
        "''",
    })
    void leavesOtherPathsAlone(String text) {
        assertThat(RELEASE.in(text)).isEqualTo(text);
    }

    @Test
    void standsForItsLinkInAPath() {
        assertThat(RELEASE.in(Path.of("/srv/current/web.env")))
                .isEqualTo(Path.of("/srv/releases/42/web.env"));
        assertThat(RELEASE.in(Path.of("/srv/current"))).isEqualTo(PATH);
        assertThat(RELEASE.in(Path.of("/srv/currents"))).isEqualTo(Path.of("/srv/currents"));
    }

    @Test
    void fillsATemplate() {
        TextTemplate template =
                new TextTemplate(
                        List.of(
                                new Text("/srv/current/a:"),
                                new ReleasePath(),
                                new Text("/b-"),
                                new ReleaseName(),
                                new Text("-"),
                                new Slot()));
        assertThat(template.needsRelease()).isTrue();
        assertThat(Release.apply(RELEASE, template).expand(3, Map.of()))
                .isEqualTo("/srv/releases/42/a:/srv/releases/42/b-42-3");
        assertThat(template.toString())
                .isEqualTo("/srv/current/a:${release}/b-${release.name}-${slot}");
        assertThat(Release.apply(null, TextTemplate.of("x")).needsRelease()).isFalse();
    }

    @Test
    void isToldByItsNameWhereThatSaysIt() {
        Release other = new Release(RELEASE.link(), Path.of("/srv/releases/43"), PATH, null);
        Release namesake = new Release(RELEASE.link(), Path.of("/opt/42"), PATH, null);
        assertThat(RELEASE.toldFrom(other)).isEqualTo("42");
        assertThat(RELEASE.toldFrom(null)).isEqualTo("42");
        assertThat(RELEASE.toldFrom(namesake))
                .isEqualTo("/srv/current -> /srv/releases/42, in /srv/releases/42/app");
        assertThat(namesake.toldFrom(RELEASE))
                .isEqualTo("/srv/current -> /opt/42, in /srv/releases/42");
    }

    @Test
    void tellsWhateverIsDifferent() {
        Path link = RELEASE.link();
        Path directory = RELEASE.directory();
        Path other = Path.of("/opt/other");
        List<Release> all =
                List.of(
                        RELEASE,
                        new Release(other, PATH, directory, null),
                        new Release(link, other, directory, null),
                        new Release(link, PATH, other, null),
                        new Release(link, PATH, directory, other));
        assertThat(all.stream().map(Release::text)).doesNotHaveDuplicates();
    }
}
