// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

class ConfigFilesTest {
    private final Path directory;
    private final Path file;
    private final ConfigFiles files = new ConfigFiles();

    ConfigFilesTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        file = directory.resolve("services.yaml");
        Files.createDirectory(directory.resolve("conf.d"));
        write("conf.d/one.yaml", "programs: { one: { command: sleep 1 } }");
        write("two.env", "A=1\n");
        write(
                "services.yaml",
                "include: [conf.d/*.yaml]\n"
                        + "programs: { two: { command: sleep 1, env-file: [two.env] } }");
        read();
    }

    @Test
    void nothingHasChangedAtFirst() {
        files.applied();
        assertThat(files.isChanged()).isFalse();
    }

    @Test
    void seesChangesOfEachFileThatWasRead() throws IOException {
        for (String each : new String[] {"services.yaml", "conf.d/one.yaml", "two.env"}) {
            files.applied();
            String before = Files.readString(directory.resolve(each));
            write(each, before + "# more\n");
            assertThat(files.isChanged()).as(each).isTrue();
            read();
            files.applied();
            assertThat(files.isChanged()).as(each).isFalse();
        }
    }

    @Test
    void whatWasReadOnlyToLookChangesNothing() throws IOException {
        files.applied();
        write("two.env", "A=22\n");
        read();
        assertThat(files.isChanged()).isTrue();
    }

    @Test
    void aFileThatIsGoneHasChanged() throws IOException {
        files.applied();
        Files.delete(file);
        assertThat(files.isChanged()).isTrue();
    }

    @Test
    void theNextManagerKnowsTheSame() throws IOException {
        files.applied();
        ConfigFiles next = new ConfigFiles();
        next.resume(files.active());
        assertThat(next.isChanged()).isFalse();
        write("two.env", "A=22\n");
        assertThat(next.isChanged()).isTrue();
    }

    private void read() {
        files.reading();
        var environment = new LoadEnvironment(Map.of(), 1, _ -> true, _ -> true);
        ConfigLoader.load(file, files.recording(environment));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }
}
