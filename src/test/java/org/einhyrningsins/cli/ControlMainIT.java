// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.TestManager;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.JsonId;
import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The client as a process.
class ControlMainIT {
    private static final JsonId ID = JsonId.of(1);

    @Test
    void saysThatTheOperationGoesOnWhenInterrupted() throws Exception {
        byte[] progress = ReplyWriter.progress(ID, "web: 1 of 4");
        try (TestManager manager = new TestManager(List.of(progress, TestManager.SILENCE))) {
            Process client = start("-d", manager.socket().toString(), "reload", "web");
            try (BufferedReader err = client.errorReader()) {
                assertThat(err.readLine()).isEqualTo("web: 1 of 4");
                kill("-INT", client.pid());
                assertThat(err.lines().toList().toString())
                        .contains("'reload' goes on in the manager");
            }
            assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(client.exitValue()).isEqualTo(130);
        }
    }

    @Test
    void saysNothingOfItAfterTheVerdict() throws Exception {
        byte[] done = ReplyWriter.done(ID, org.einhyrningsins.control.wire.ExitStatus.DONE, "done");
        try (TestManager manager = new TestManager(List.of(done))) {
            Process client = start("-d", manager.socket().toString(), "reload", "web");
            assertThat(client.inputReader().readLine()).isEqualTo("done");
            assertThat(client.errorReader().readLine()).isNull();
            assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(client.exitValue()).isZero();
        }
    }

    /// With SIGINT as a shell in a terminal would have it, whoever runs this test.
    private static Process start(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(ControlMain.class.getName());
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.remove("JAVA_TOOL_OPTIONS");
        return builder.start();
    }

    private static void kill(String signal, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", signal, Long.toString(pid)).start().waitFor())
                .isZero();
    }
}
