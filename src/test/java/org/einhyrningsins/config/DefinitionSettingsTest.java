// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.print.ConfigPrinter;
import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SequencedMap;

class DefinitionSettingsTest {
    @TempDir private Path directory;

    static Iterable<Path> good() {
        return Samples.good();
    }

    @ParameterizedTest
    @MethodSource("good")
    void comparesTheValuesThatPrintWrites(Path file) {
        ServicesSpec services = Samples.valid(file);
        String printed = ConfigPrinter.print(services);
        DefinitionSettings.of(services)
                .forEach((key, value) -> assertThat(printed).contains(last(key) + ": " + value));
        for (ProgramSpec program : services.programs().values()) {
            if (program.isTask()) {
                continue; // it stands in the program whose task it is
            }
            SequencedMap<String, String> settings = DefinitionSettings.of(program);
            assertThat(settings).hasSizeGreaterThan(10);
            settings.forEach((key, value) -> assertWritten(printed, key, value));
        }
    }

    @Test
    void aListStandsBeforeTheItemsThatHaveNames() throws IOException {
        SequencedMap<String, String> settings =
                settings("bind: [{name: web, tcp: ':80'}, {name: \"8080\", tcp: ':8080'}]");
        assertThat(settings.sequencedKeySet())
                .containsSubsequence("workers", "bind", "bind.web", "bind.8080", "ack");
        assertThat(settings).containsEntry("bind", "[web, \"8080\"]");
        assertThat(settings.get("bind.8080")).startsWith("{name: \"8080\", tcp: ");
    }

    @Test
    void aListWithoutNamesIsOneValue() throws IOException {
        assertThat(settings("drop-env: [A1, \"on\"]"))
                .containsEntry("drop-env", "[A1, \"on\"]")
                .doesNotContainKey("drop-env.A1");
    }

    @Test
    void theNameOfAVariableCannotControlATerminal() throws IOException {
        assertThat(settings("env: {\"a\\e[31m\\n\\\"b\": x}").sequencedKeySet())
                .contains("env.a\\U0000001b[31m\\n\\\"b");
    }

    @Test
    void showsTheOriginOfAKeyThatHasKeysBelowItOnce() throws IOException {
        ServicesSpec services = services("restart: {burst: 3}\n    workers: 2");
        String printed =
                ConfigPrinter.print(
                        services, Map.of("web.restart", "a\nb:3", "web.workers", "b:4"));
        assertThat(printed)
                .contains(
                        "    restart:  # a\\nb:3\n      when: always\n", "    workers: 2  # b:4\n");
        assertThat(printed.lines().filter(line -> line.contains("#"))).hasSize(2);
    }

    private SequencedMap<String, String> settings(String keys) throws IOException {
        return DefinitionSettings.of(services(keys).programs().sequencedValues().getFirst());
    }

    private ServicesSpec services(String keys) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs:\n  web:\n    command: [/bin/true]\n    " + keys + "\n");
        return Samples.valid(file);
    }

    /// A list is one value for `plan`, and a line for each item in the file.
    private static void assertWritten(String printed, String key, String value) {
        switch (key) {
            case "bind", "drop-env", "directories" -> {}
            case "release" -> {} // the file has the link, `plan` what it points at
            default -> {
                String item = key.startsWith("bind.") ? "- " + value + "\n" : ": " + value + "\n";
                assertThat(printed).contains(item);
            }
        }
    }

    private static String last(String key) {
        return key.substring(key.lastIndexOf('.') + 1);
    }
}
