// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.List;

class JsonObjectTest {
    @Test
    void readsFieldsOfEveryKind() {
        JsonObject json =
                JsonObject.read(
                        " {\"a\":\"x\\\"\\n\\u00e4\",\"b\":true,\"c\":-7,\"d\":{\"e\":[1,2]},"
                                + "\"f\":[{},{}],\"g\":[\"y\"]}\n");
        assertThat(json.text("a")).isEqualTo("x\"\nä");
        assertThat(json.flag("b")).isTrue();
        assertThat(json.number("c", 1)).isEqualTo(-7);
        JsonObject inner = json.object("d");
        assertThat(inner).isNotNull().extracting(d -> d.numbers("e")).isEqualTo(List.of(1, 2));
        assertThat(json.objects("f")).hasSize(2);
        assertThat(json.texts("g")).containsExactly("y");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"x\":null}", "{\"y\":[{\"x\":1}]}"})
    void aFieldThatIsAbsentOrNullHasItsDefault(String text) {
        JsonObject json = JsonObject.read(text);
        assertThat(json.text("x")).isNull();
        assertThat(json.text("x", "z")).isEqualTo("z");
        assertThat(json.flag("x")).isFalse();
        assertThat(json.number("x", 9)).isEqualTo(9);
        assertThat(json.object("x")).isNull();
        assertThat(json.objects("x")).isEmpty();
        assertThat(json.numbers("x")).isEmpty();
        assertThat(json.texts("x")).isEmpty();
    }

    @Test
    void namesTheFieldThatIsOfAnotherKind() {
        JsonObject json = JsonObject.read("{\"t\":\"x\",\"n\":4294967296,\"l\":[null]}");
        refuses(() -> json.flag("t"), "expected true or false as t");
        refuses(() -> json.number("t", 0), "expected a whole number as t");
        refuses(() -> json.number("n", 0), "expected a whole number as n");
        refuses(() -> json.text("n"), "expected a text as n");
        refuses(() -> json.object("l"), "expected an object as l");
        refuses(() -> json.objects("l"), "expected an object as l");
        refuses(() -> json.texts("l"), "expected texts as l");
        refuses(() -> json.numbers("l"), "expected a whole number as l");
        refuses(() -> json.texts("t"), "expected a list as t");
        refuses(() -> JsonObject.read("[]"), "expected an object as the text");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"a\":1,}",
                "{\"a\":1 \"b\":2}",
                "{\"a\":1,\"a\":2}",
                "{a:1}",
                "{\"a\":tru}",
                "{\"a\":1e999}",
                "{\"a\":\"\n\"}",
                "{\"a\":\"\\x\"}",
                "{} {}"
            })
    void saysWhereATextIsNoJson(String text) {
        refuses(() -> JsonObject.read(text), "no JSON at ");
    }

    @Test
    void aNumberThatNoLongHoldsIsRead() {
        assertThat(JsonReader.read("-999999999999999999")).isEqualTo(-999_999_999_999_999_999L);
        assertThat(JsonReader.read("9223372036854775807")).isEqualTo(Long.MAX_VALUE);
        assertThat(JsonReader.read("9223372036854775808")).isEqualTo(0x1p63);
        assertThat(JsonReader.read("12345678901234567890123")).isEqualTo(1.2345678901234568e22);
    }

    @Test
    void aReplyNamesTheRequestAsItWasSent() {
        for (JsonId id : new JsonId[] {JsonId.of(7), JsonId.of("a\"ä\n"), JsonId.NONE}) {
            String line = "{\"request_id\":" + id.json() + ",\"message\":\"m\",\"code\":1}";
            ControlReply reply = ControlReply.read(line.getBytes(StandardCharsets.UTF_8));
            assertThat(reply.id()).isEqualTo(id.none() ? null : id.json());
            assertThat(reply.code()).isEqualTo(1);
        }
    }

    private static void refuses(Runnable reading, String why) {
        assertThatThrownBy(reading::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }
}
