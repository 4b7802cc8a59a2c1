// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.cli.client.ControlProgram;
import org.einhyrningsins.control.TestManager;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ControlReply;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

class ReplyPrinterTest {
    private static final String ERASE = "\r\033[K";
    private static final ClientCommand RELOAD =
            new ClientCommand(null, false, true, null, -1, false, "reload", List.of());

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void changesOneLineOnATerminalAndTakesItBackBeforeTheVerdict() {
        ReplyPrinter replyPrinter =
                new ReplyPrinter(RELOAD, new TextOutput(out), new TextOutput(err), true);
        replyPrinter.progress(reply("one", true));
        replyPrinter.progress(reply("two", true));
        replyPrinter.verdict(reply("done", false));
        assertThat(err).hasToString(ERASE + "one" + ERASE + "two" + ERASE);
        assertThat(out).hasToString("done\n");
    }

    @Test
    void leavesWhatDoesNotFitALineOnTheTerminal() {
        ReplyPrinter replyPrinter =
                new ReplyPrinter(RELOAD, new TextOutput(out), new TextOutput(err), true);
        String last = "web:0 died; its last lines:\n  cannot open db";
        replyPrinter.progress(reply("one", true));
        replyPrinter.progress(reply(last, true));
        replyPrinter.verdict(reply("failed", false));
        assertThat(err).hasToString(ERASE + "one" + ERASE + last + "\n");
    }

    @Test
    void endsAsIfBySigpipeWhenNobodyReads() throws Exception {
        byte[] done = ReplyWriter.done(JsonId.of(1), ExitStatus.DONE, "done");
        try (TestManager manager = new TestManager(List.of(done))) {
            TextOutput closed = new TextOutput(new Closed());
            ControlProgram program = new ControlProgram(Map.of(), closed, new TextOutput(err));
            String[] words = {"-d", manager.socket().toString(), "status"};
            assertThat(program.run(words)).isEqualTo(141);
        }
    }

    private static ControlReply reply(String message, boolean more) {
        return new ControlReply("1", message, more, 0, "{}");
    }

    private static final class Closed extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
        }
    }
}
