// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.Golden;
import org.einhyrningsins.control.Samples;
import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlReply;
import org.einhyrningsins.control.wire.Dialect;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.MalformedRequest;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

class ReplyWriterTest {
    private static final JsonId ID = JsonId.of(1);

    private static final LogReport PLACES =
            new LogReport(
                    List.of(
                            new LogPlace(
                                    "web",
                                    0,
                                    "/var/log/web-0.log",
                                    List.of("time", "slot"),
                                    true,
                                    List.of("api"),
                                    ""),
                            new LogPlace(
                                    "db",
                                    CommandTarget.WHOLE,
                                    null,
                                    List.of(),
                                    true,
                                    List.of(),
                                    "'db' has none")));

    @Test
    void theClientReadsWhereLogsAre() {
        ControlReply controlReply = read(ReplyWriter.done(ID, ExitStatus.DONE, "", PLACES));
        assertThat(LogReport.read(controlReply)).isEqualTo(PLACES);
    }

    @Test
    void writesTheWireAsTheGoldenFileHasIt() throws IOException {
        StringBuilder written = new StringBuilder();
        append(written, ReplyWriter.progress(ID, "web: 2 of 4 replaced"));
        append(
                written,
                ReplyWriter.progress(JsonId.of("a\"b"), "quotes \" and \\, a tab\t, a line\nend"));
        append(written, ReplyWriter.done(ID, ExitStatus.DONE, "web: 4 of 4 replaced"));
        append(
                written,
                ReplyWriter.done(new JsonId("1.5e3"), ExitStatus.FAILED, "Þetta gekk ekki 🦄"));
        append(written, ReplyWriter.done(ID, ExitStatus.DONE, "2 programs", Samples.report()));
        append(written, ReplyWriter.done(ID, ExitStatus.DONE, "web:0 /var/log/web-0.log", PLACES));
        append(written, ReplyWriter.done(ID, ExitStatus.CHANGES, "", Samples.plan()));
        append(
                written,
                ReplyWriter.malformed(new MalformedRequest(JsonId.NONE, "not a JSON object")));
        append(written, ReplyWriter.tooLong(65_536));
        Golden.check("replies.txt", written.toString());
    }

    @Test
    void answersTheOlderDialectInKindAsTheGoldenFileHasIt() throws IOException {
        JsonId seven = JsonId.of(7).in(Dialect.YAML);
        JsonId none = JsonId.NONE.in(Dialect.YAML);
        StringBuilder written = new StringBuilder();
        append(written, ReplyWriter.progress(seven, "web: 2 of 4 replaced"));
        append(written, ReplyWriter.done(seven, ExitStatus.DONE, "web: 4 of 4 replaced"));
        append(written, ReplyWriter.done(none, ExitStatus.DONE, "upgrade: accepted"));
        append(written, ReplyWriter.progress(none, "no id, no wait"));
        append(
                written,
                ReplyWriter.done(seven, ExitStatus.FAILED, "100% \"so\" \\ \t\u007f\u2028\nÞ 🦄"));
        append(written, ReplyWriter.done(seven, ExitStatus.DONE, "cut \uD83E"));
        append(written, ReplyWriter.done(seven, ExitStatus.DONE, "", Samples.report()));
        append(
                written,
                ReplyWriter.malformed(new MalformedRequest(none, "not YAML: while scanning")));
        Golden.check("older-replies.txt", written.toString());
    }

    @Test
    void theClientReadsWhatIsWritten() {
        String message = "quotes \" and \\, \t, \u0001, a line\nend, é, 🦄";
        ControlReply progress = read(ReplyWriter.progress(ID, message));
        assertThat(progress.message()).isEqualTo(message);
        assertThat(progress.more()).isTrue();
        assertThat(progress.id()).isEqualTo("1");
        ControlReply done =
                read(ReplyWriter.done(ID, ExitStatus.TIMED_OUT, message, Samples.report()));
        assertThat(done.message()).isEqualTo(message);
        assertThat(done.more()).isFalse();
        assertThat(done.code()).isEqualTo(6);
    }

    @Test
    void writesAMessageThatWasCutInsideACharacter() {
        assertThat(read(ReplyWriter.progress(ID, "cut \uD83E")).message()).isEqualTo("cut \uFFFD");
        assertThat(read(ReplyWriter.progress(ID, "\uDD84 cut")).message()).isEqualTo("\uFFFD cut");
    }

    @Test
    void theClientRefusesWhatNoManagerWrites() {
        for (String line :
                new String[] {
                    "", "hello", "{", "{\"message\":\"a", "{\"message\":1}", "{}x", "{\"code\":x}"
                }) {
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> read((line + "\n").getBytes(StandardCharsets.UTF_8)))
                    .as(line)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static ControlReply read(byte[] line) {
        return ControlReply.read(java.util.Arrays.copyOf(line, line.length - 1));
    }

    private static void append(StringBuilder text, byte[] line) {
        text.append(new String(line, StandardCharsets.UTF_8));
    }
}
