// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.wire.OverridesJson;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

class OperatorOverridesTest {
    private static final Path CONFIG = Path.of("/etc/services.yaml");

    @TempDir private Path home;

    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();

    private OperatorOverrides intents() {
        ManagerLog managerLog = new ManagerLog(logged::writeBytes, LogSpec.DEFAULT);
        return new OperatorOverrides(
                new StateDirectory(home), new ConfigOrigin.File(CONFIG), managerLog);
    }

    private void write(String config) throws Exception {
        SequencedMap<String, OperatorOverride> programs = new LinkedHashMap<>();
        programs.put("web", new OperatorOverride(true, null, java.util.List.of()));
        Files.write(
                home.resolve("intent.json"),
                OverridesJson.write(new OverridesJson.Content(config, programs)));
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
        OperatorOverrides operatorOverrides = intents();
        operatorOverrides.before(false);
        operatorOverrides.write(new ProgramTable());
        assertThat(home.resolve("intent.json")).doesNotExist();
    }

    /// One that could not be written when the last of it was taken back says what is no more.
    @Test
    void removesAnOlderFileThatAManagerLeftBehind() throws Exception {
        write("/etc/services.yaml");
        OperatorOverrides operatorOverrides = intents();
        operatorOverrides.load();
        assertThat(operatorOverrides.write(new ProgramTable())).isTrue();
        assertThat(home.resolve("intent.json")).doesNotExist();
    }

    @Test
    void saysWhenAFileThatCouldNotBeRemovedIsGone() throws Exception {
        Path inside = Files.createDirectories(home.resolve("intent.json/inside"));
        OperatorOverrides operatorOverrides = intents();
        operatorOverrides.load();
        assertThat(operatorOverrides.write(new ProgramTable())).isFalse();
        assertThat(logged.toString(StandardCharsets.UTF_8)).contains("tried again");
        Files.delete(inside);
        assertThat(operatorOverrides.write(new ProgramTable())).as("tried again at once").isFalse();
        operatorOverrides.setByHand();
        assertThat(operatorOverrides.write(new ProgramTable())).isTrue();
        assertThat(logged.toString(StandardCharsets.UTF_8)).contains("is written again");
    }

    @Test
    void writesNothingWhenNothingChanged() {
        intents().write(new ProgramTable());
        assertThat(home).isEmptyDirectory();
    }
}
