// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.Definition;
import org.einhyrningsins.spec.LaunchSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.TextTemplate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

class ReleaseLookupTest {
    @TempDir Path temporary;
    private Path top = Path.of("/");
    private Path current = Path.of("/");

    @BeforeEach
    void lay() throws IOException {
        top = temporary.toRealPath();
        current = top.resolve("current");
        for (String release : List.of("41", "42")) {
            program(top.resolve("releases/" + release + "/bin/server"), "\u007fELF");
            Files.createDirectories(top.resolve("releases/" + release + "/app"));
        }
        point("41");
    }

    private void point(String release) throws IOException {
        Files.deleteIfExists(current);
        Files.createSymbolicLink(current, Path.of("releases", release));
    }

    private static void program(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private ProgramSpec spec(Path directory, Object... command) {
        List<TextTemplate> words = new ArrayList<>();
        for (Object word : command) {
            words.add(TextTemplate.of(word.toString()));
        }
        return Definition.of("").spec().withLaunch(LaunchSpec.of(words, directory));
    }

    private @Nullable Release found(Path directory, Object... command) {
        String path = top + "/local/bin:/usr/bin:/bin";
        ReleaseLookup lookup = new ReleaseLookup(new ExecutableLookup(Map.of("PATH", path)));
        return lookup.renewed(spec(directory, command)).release();
    }

    private Release release(String name, String directory) {
        Path path = top.resolve("releases").resolve(name);
        return new Release(current, path, top.resolve(directory), null);
    }

    @Test
    void theLinkIsInThePathOfTheDirectory() throws IOException {
        assertThat(found(current, "./bin/server")).isEqualTo(release("41", "releases/41"));
        assertThat(found(current.resolve("app"), "sh", "x"))
                .isEqualTo(release("41", "releases/41/app"));
        point("42");
        assertThat(found(current, "./bin/server")).isEqualTo(release("42", "releases/42"));
    }

    @Test
    void theLinkIsInThePathOfTheProgram() {
        assertThat(found(Path.of("/"), current.resolve("bin/server")))
                .isEqualTo(release("41", "/"));
        // a relative word does not begin with the link's path, so the file itself is kept
        Path file = top.resolve("releases/41/bin/server");
        assertThat(found(top, "current/bin/server"))
                .isEqualTo(new Release(current, top.resolve("releases/41"), top, file));
    }

    @Test
    void theLinkIsInThePathOfAnArgument() throws IOException {
        program(top.resolve("releases/41/app.py"), "");
        assertThat(found(Path.of("/"), "sh", "-u", current.resolve("app.py")))
                .isEqualTo(release("41", "/"));
    }

    @Test
    void theProgramItselfIsTheLink() throws IOException {
        Path link = top.resolve("local/bin/server");
        Path file = top.resolve("opt/server-42");
        program(file, "\u007fELF");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, file);
        assertThat(found(Path.of("/"), link))
                .isEqualTo(new Release(link, file, Path.of("/"), null));
        assertThat(found(Path.of("/"), "server"))
                .as("by PATH")
                .isEqualTo(new Release(link, file, Path.of("/"), file));
    }

    @Test
    void aScriptBehindALinkOfAnotherNameKeepsThatName() throws IOException {
        Path link = top.resolve("local/bin/psql");
        program(top.resolve("opt/wrapper"), "#!/bin/sh\n");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, top.resolve("opt/wrapper"));
        assertThat(found(Path.of("/"), link)).isNull();
        assertThat(found(Path.of("/"), "psql")).isNull();
    }

    @Test
    void anInterpreterOfAVirtualEnvironmentKeepsItsPlaceThere() throws IOException {
        Files.createSymbolicLink(top.resolve("releases/41/bin/python"), Path.of("/bin/sh"));
        assertThat(found(current, "bin/python", "app.py")).isEqualTo(release("41", "releases/41"));
        assertThat(found(Path.of("/"), current.resolve("bin/python")))
                .isEqualTo(release("41", "/"));
    }

    @Test
    void theLastLinkOfSeveralNamesTheRelease() throws IOException {
        Files.createSymbolicLink(top.resolve("www"), top);
        Path link = top.resolve("www/current");
        assertThat(found(link, "sh"))
                .isEqualTo(
                        new Release(
                                link,
                                top.resolve("releases/41"),
                                top.resolve("releases/41"),
                                null));
    }

    @Test
    void linksOfTheSystemNameNoRelease() {
        assertThat(found(Path.of("/"), "sh")).isNull();
        assertThat(found(Path.of("/bin"), "/bin/sh")).isNull();
        assertThat(found(top, "sh")).isNull();
    }

    @Test
    void whatIsMissingHasNoRelease() throws IOException {
        Files.delete(current);
        assertThat(found(current, "./bin/server")).isNull();
        Files.createSymbolicLink(current, Path.of("releases/none"));
        assertThat(found(current, "./bin/server")).isNull();
        Files.delete(current);
        Files.createSymbolicLink(current, current);
        assertThat(found(current, "./bin/server")).isNull();
    }

    @Test
    void aLinkThatIsNamedAndMissingStandsForItself() {
        ReleaseLookup lookup = new ReleaseLookup(new ExecutableLookup(Map.of()));
        Path link = top.resolve("nowhere/current");
        assertThat(lookup.of(link, top, List.of(TextTemplate.of("sh"))))
                .isEqualTo(new Release(link, link, top, null));
    }

    @Test
    void oddCommandsHaveNoRelease() {
        for (String word : List.of("/", "//", "./", ".", "/..", "")) {
            assertThat(found(top, word, word)).as(word).isNull();
            assertThat(ReleaseLookup.notKept(spec(top, word, word))).as(word).isNull();
        }
    }

    @Test
    void tellsOfAWordThatIsNotKept() throws IOException {
        program(top.resolve("releases/41/app.py"), "");
        assertThat(ReleaseLookup.notKept(spec(top, "sh", "current/app.py")))
                .startsWith("current/app.py leads through the link " + current);
        assertThat(ReleaseLookup.notKept(spec(top, "sh", "--x=current/app.py")))
                .startsWith("current/app.py leads through");
        assertThat(ReleaseLookup.notKept(spec(top, "sh", "a/b", "-c", "x", current))).isNull();
    }
}
