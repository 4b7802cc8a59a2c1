// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.spec.OperatorOverride;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

class OverridesJsonTest {
    private static OverridesJson.Content content() {
        SequencedMap<String, OperatorOverride> programs = new LinkedHashMap<>();
        programs.put("web", new OperatorOverride(false, 6, List.of(1, 3)));
        programs.put("api", new OperatorOverride(true, null, List.of()));
        return new OverridesJson.Content("/etc/services \"ä\".yaml", programs);
    }

    @Test
    void readsWhatItWrites() throws IOException {
        byte[] text = OverridesJson.write(content());
        assertThat(new String(text, StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"format\":1,\"config\":\"/etc/services \\\"ä\\\".yaml\",\"programs\":"
                                + "{\"web\":{\"workers\":6,\"held\":[1,3]},"
                                + "\"api\":{\"stopped\":true}}}\n");
        assertThat(OverridesJson.read(text)).isEqualTo(content());
    }

    @Test
    void takesNoPartOfAFileForTheWhole() {
        byte[] text = OverridesJson.write(content());
        for (int length = 0; length < text.length - 1; length++) {
            byte[] torn = Arrays.copyOf(text, length);
            assertThatThrownBy(() -> OverridesJson.read(torn)).isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{\"format\":2,\"config\":\"a\",\"programs\":{}}",
                "{\"format\":1,\"config\":null,\"programs\":{}}",
                "{\"format\":1,\"config\":\"a\",\"programs\":[]}",
                "{\"format\":1,\"config\":\"a\",\"programs\":{\"web\":1}}",
                "{\"format\":1,\"config\":\"a\",\"programs\":{\"web\":{\"stopped\":\"no\"}}}",
                "{\"format\":1,\"config\":\"a\",\"programs\":{\"web\":{\"workers\":-1}}}",
                "{\"format\":1,\"config\":\"a\",\"programs\":{\"web\":{\"workers\":99999999999}}}",
                "{\"format\":1,\"config\":\"a\",\"programs\":{\"web\":{\"held\":[1,\"x\"]}}}",
                "{\"format\":1,\"config\":\"a\",\"programs\":{}} more",
                "\u0000\u0001",
            })
    void refusesWhatIsNotOurs(String text) {
        assertThatThrownBy(() -> OverridesJson.read(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class);
    }
}
