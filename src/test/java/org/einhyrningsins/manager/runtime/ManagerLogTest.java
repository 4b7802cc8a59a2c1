// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

class ManagerLogTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    private ManagerLog log(LogSpec.Level level, LogSpec.Format format) {
        return new ManagerLog(written::writeBytes, new LogSpec(level, format, false));
    }

    private String written() {
        return written.toString(UTF_8);
    }

    @Test
    void writesWhatHappenedAndWhereOnOneLine() {
        log(LogSpec.Level.INFO, LogSpec.Format.TEXT).warn("web:0 pid 7", "ended: exit status 1");
        assertThat(written())
                .matches(
                        "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"
                                + " warn  web:0 pid 7: ended: exit status 1\n");
    }

    @Test
    void keepsSilentBelowItsLevelAndChangesItWhenTold() {
        ManagerLog managerLog = log(LogSpec.Level.ERROR, LogSpec.Format.TEXT);
        managerLog.warn("a", "unheard");
        managerLog.configure(new LogSpec(LogSpec.Level.DEBUG, LogSpec.Format.TEXT, false));
        managerLog.debug("", "heard");
        assertThat(written()).doesNotContain("unheard").endsWith("Z debug heard\n");
    }

    @Test
    void whatAWorkerSaidCommandsNoTerminalAndTurnsNoLineRound() {
        String message = "last lines:\n  \u001b[2Jok\u202egpj";
        log(LogSpec.Level.INFO, LogSpec.Format.TEXT).error("web", message);
        assertThat(written()).endsWith("web: last lines:\n  \uFFFD[2Jok\uFFFDgpj\n");
    }

    @Test
    void jsonIsOneObjectALineWhateverTheMessageHolds() throws IOException {
        String message = "a \"quote\", a \\, a\nnewline, \u0001, caf\u00e9 \ud83e\udd84";
        log(LogSpec.Level.INFO, LogSpec.Format.JSON).error("web", message);
        assertThat(written().lines()).hasSize(1);
        Map<String, String> fields = fields(written());
        assertThat(fields.keySet()).containsExactly("time", "level", "type", "subject", "message");
        assertThat(fields)
                .containsEntry("level", "error")
                .containsEntry("subject", "web")
                .containsEntry("message", message);
    }

    private static Map<String, String> fields(String object) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        try (JsonParser json = new JsonFactory().createParser(object)) {
            assertThat(json.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                fields.put(name, json.nextTextValue());
            }
        }
        return fields;
    }

    @Test
    void aBugIsToldWithItsTrace() {
        log(LogSpec.Level.ERROR, LogSpec.Format.TEXT)
                .internalError("web", new IllegalStateException("odd"));
        assertThat(written())
                .contains("our own bug, please report it: java.lang.IllegalStateException: odd")
                .contains("at org.einhyrningsins.manager.runtime.ManagerLogTest");
    }
}
