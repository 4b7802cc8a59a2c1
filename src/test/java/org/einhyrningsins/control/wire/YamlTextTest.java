// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class YamlTextTest {
    @Test
    void writesNestedMapsAndLists() {
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        map.put(YamlText.symbol("children"), Map.of(4711, Map.of(YamlText.symbol("index"), 0)));
        map.put("a \"text\"", "100%\nyes");
        map.put(YamlText.symbol("nothing"), null);
        map.put(YamlText.symbol("empty"), List.of());
        map.put(YamlText.symbol("none"), Map.of());
        map.put(YamlText.symbol("bind"), List.of(List.of("::1", 80, List.of()), "x"));
        map.put(YamlText.symbol("at"), new YamlText.Plain("2026-01-01T00:00:00.000Z"));
        assertThat(YamlText.document(map))
                .isEqualTo(
                        """
                        ---
                        :children:
                          4711:
                            :index: 0
                        "a \\"text\\"": "100%\\nyes"
                        :nothing:
                        :empty: []
                        :none: {}
                        :bind:
                          -
                            - "::1"
                            - 80
                            - []
                          - "x"
                        :at: 2026-01-01T00:00:00.000Z
                        """);
    }

    @Test
    void everyTextComesBackAsItWas() throws UsageException {
        StringBuilder text =
                new StringBuilder(": - # & * ! | > % @ ` ' \" \\ {} [] , ~ null 1 yes\t");
        for (int c = 1; c < 0x1F9FF; c += c < 0x3000 ? 1 : 97) {
            text.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 'x' : c);
        }
        var read = YamlRequest.read("--- {a: " + YamlText.quote(text.toString()) + "}");
        assertThat(read).containsEntry("a", new YamlRequest.Text(text.toString(), false));
    }
}
