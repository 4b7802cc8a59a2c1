// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.cli.client.ControlProgram;
import org.einhyrningsins.control.TestManager;
import org.einhyrningsins.control.report.Replies;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.Reply;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

class ScreenTest {
    private static final String ERASE = "\r\033[K";
    private static final Invocation RELOAD =
            new Invocation(null, false, true, null, -1, false, "reload", List.of());

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void changesOneLineOnATerminalAndTakesItBackBeforeTheVerdict() {
        Screen screen = new Screen(RELOAD, new Output(out), new Output(err), true);
        screen.progress(reply("one", true));
        screen.progress(reply("two", true));
        screen.verdict(reply("done", false));
        assertThat(err).hasToString(ERASE + "one" + ERASE + "two" + ERASE);
        assertThat(out).hasToString("done\n");
    }

    @Test
    void leavesWhatDoesNotFitALineOnTheTerminal() {
        Screen screen = new Screen(RELOAD, new Output(out), new Output(err), true);
        String last = "web:0 died; its last lines:\n  cannot open db";
        screen.progress(reply("one", true));
        screen.progress(reply(last, true));
        screen.verdict(reply("failed", false));
        assertThat(err).hasToString(ERASE + "one" + ERASE + last + "\n");
    }

    @Test
    void endsAsIfBySigpipeWhenNobodyReads() throws Exception {
        byte[] done = Replies.done(JsonId.of(1), ExitStatus.DONE, "done");
        try (TestManager manager = new TestManager(List.of(done))) {
            Output closed = new Output(new Closed());
            ControlProgram program = new ControlProgram(Map.of(), closed, new Output(err));
            String[] words = {"-d", manager.socket().toString(), "status"};
            assertThat(program.run(words)).isEqualTo(141);
        }
    }

    private static Reply reply(String message, boolean more) {
        return new Reply("1", message, more, 0, "{}");
    }

    private static final class Closed extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
        }
    }
}
