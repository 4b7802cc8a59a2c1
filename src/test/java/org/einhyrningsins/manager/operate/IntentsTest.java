// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.wire.IntentJson;
import org.einhyrningsins.manager.program.Programs;
import org.einhyrningsins.manager.runtime.Definition;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.spec.Intent;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

class IntentsTest {
    private static final Path CONFIG = Path.of("/etc/services.yaml");

    @TempDir private Path home;

    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();

    private Intents intents() {
        Log log = new Log(logged::writeBytes, LogSpec.DEFAULT);
        return new Intents(new StateDirectory(home), new Definition.File(CONFIG), log);
    }

    private void write(String config) throws Exception {
        SequencedMap<String, Intent> programs = new LinkedHashMap<>();
        programs.put("web", new Intent(true, null, java.util.List.of()));
        Files.write(
                home.resolve("intent.json"),
                IntentJson.write(new IntentJson.Content(config, programs)));
    }

    @Test
    void readsWhatAnEarlierManagerKept() throws Exception {
        write("/etc/services.yaml");
        assertThat(intents().before(false)).containsOnlyKeys("web");
        assertThat(logged.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void putsAsideWhatIsAboutOtherPrograms() throws Exception {
        write("/srv/other.yaml");
        assertThat(intents().before(false)).isEmpty();
        assertThat(logged.toString(StandardCharsets.UTF_8))
                .contains("/srv/other.yaml", "intent.json.set-aside");
        assertThat(home.resolve("intent.json")).doesNotExist();
        assertThat(home.resolve("intent.json.set-aside")).exists();
    }

    @Test
    void putsAsideWhatIsTorn() throws Exception {
        Files.writeString(home.resolve("intent.json"), "{\"format\":1,\"conf");
        assertThat(intents().before(false)).isEmpty();
        assertThat(home.resolve("intent.json")).doesNotExist();
    }

    @Test
    void survivesWhatIsNoFileAtAll() throws Exception {
        Files.createDirectory(home.resolve("intent.json"));
        assertThat(intents().before(false)).isEmpty();
        assertThat(logged.toString(StandardCharsets.UTF_8)).contains("starts as the file says");
    }

    @Test
    void removesTheFileWhenNothingIsSetByHand() throws Exception {
        write("/etc/services.yaml");
        Intents intents = intents();
        intents.before(false);
        intents.keep(new Programs());
        assertThat(home.resolve("intent.json")).doesNotExist();
    }

    /// One that could not be written when the last of it was taken back says what is no more.
    @Test
    void removesAnOlderFileThatAManagerLeftBehind() throws Exception {
        write("/etc/services.yaml");
        Intents intents = intents();
        intents.takeUp();
        assertThat(intents.keep(new Programs())).isTrue();
        assertThat(home.resolve("intent.json")).doesNotExist();
    }

    @Test
    void saysWhenAFileThatCouldNotBeRemovedIsGone() throws Exception {
        Path inside = Files.createDirectories(home.resolve("intent.json/inside"));
        Intents intents = intents();
        intents.takeUp();
        assertThat(intents.keep(new Programs())).isFalse();
        assertThat(logged.toString(StandardCharsets.UTF_8)).contains("tried again");
        Files.delete(inside);
        assertThat(intents.keep(new Programs())).as("tried again at once").isFalse();
        intents.setByHand();
        assertThat(intents.keep(new Programs())).isTrue();
        assertThat(logged.toString(StandardCharsets.UTF_8)).contains("is written again");
    }

    @Test
    void writesNothingWhenNothingChanged() {
        intents().keep(new Programs());
        assertThat(home).isEmptyDirectory();
    }
}
