// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.cli.ResidentClient;
import org.einhyrningsins.docs.ManPage.Example;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The programs of the manual, as they stand in it: the shipped manager runs and replaces them
/// while a client counts what is lost, and they speak to it.
class ManualExamplesIT {
    private static final String BIN = Path.of("target/dist/bin").toAbsolutePath() + "/";
    private static final int PATIENCE_SECONDS = 60;
    private static final int SOCKET_MILLIS = 10_000;

    @TempDir Path directory;

    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void writeThem() throws IOException {
        for (String page : List.of("einhyrningsins-worker.7", "einhyrningsins-control.7")) {
            for (Example example : ManPage.read(page).examples()) {
                if (!example.file().isEmpty()) {
                    Files.writeString(directory.resolve(example.file()), example.text());
                }
            }
        }
    }

    /// A manager that is killed leaves its workers, so it is asked first.
    @AfterEach
    void endAll() throws InterruptedException {
        for (Process process : processes) {
            List<ProcessHandle> workers = process.descendants().toList();
            process.destroy();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                workers.forEach(ProcessHandle::destroyForcibly);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "c,      gcc -o worker worker.c",
        "python, python3 -c ''",
        "ruby,   ruby -e ''",
        "go,     go build -o worker-go worker.go",
        "node,   node -e ''",
        "java,   java -version",
    })
    void loseNothingWhenTheyAreReplaced(String program, String preparation) throws Exception {
        assumeTrue(isThere(preparation.split(" ", 2)[0]), preparation + " cannot be run here");
        assertThat(run("sh", "-c", preparation)).isZero();
        Process manager = manage(new Yaml().dump(only(program)));
        assertThat(control("start", program)).isZero();
        Client client = new Client(port(program));
        Thread thread = Thread.ofPlatform().start(client);
        for (int i = 0; i < 2; i++) {
            assertThat(control("upgrade", program)).isZero();
        }
        client.over.set(true);
        thread.join();
        assertThat(client.lost).isEmpty();
        assertThat(client.answered).isPositive();
        end(manager);
    }

    @Test
    void theShellFinishesTheJobThatItHasBegun() throws Exception {
        assumeTrue(isThere("perl"), "perl is not installed");
        Path job =
                Files.writeString(
                        directory.resolve("next-job"),
                        "#!/bin/sh\necho begin >>jobs; sleep 0.2; echo end >>jobs\n");
        assertThat(job.toFile().setExecutable(true)).isTrue();
        Process manager = manage(new Yaml().dump(only("shell")));
        assertThat(control("start", "shell")).isZero();
        for (int i = 0; i < 3; i++) {
            assertThat(control("upgrade", "shell")).isZero();
        }
        end(manager);
        List<String> jobs = Files.readAllLines(directory.resolve("jobs"));
        assertThat(jobs).filteredOn("end"::equals).hasSameSizeAs(lines(jobs, "begin"));
    }

    private static List<String> lines(List<String> all, String wanted) {
        return all.stream().filter(wanted::equals).toList();
    }

    @Test
    void theSessionsAreHeldAsTheyAreShown() throws Exception {
        assumeTrue(isThere("python3") && isThere("perl"), "python3 or perl is not installed");
        Process manager =
                manage(
                        """
                        programs:
                          web: { command: [sleep, "60"], workers: 2, ack: { timer: 50ms }, rollout: { probation: 0s } }
                          sad: { command: [/nowhere] }
                        """);
        assertThat(control("start", "web")).isZero();
        assertThat(run("python3", "session.py", "c.sock")).isZero();
        assertThat(said())
                .contains(
                        "{\"request_id\":\"b\",\"message\":\"web: 1 of 2 replaced\",\"wait\":true}")
                .contains("\"message\":\"web: rolled to generation 2 in ")
                .contains("{\"request_id\":\"c\",\"message\":\"'stop' needs to know of what");
        assertThat(run("perl", "status.pl", "c.sock")).isZero();
        assertThat(said()).contains("sad is ").doesNotContain("web is ");
        end(manager);
    }

    /// The configuration of the manual, with one of its programs, on a port that is free.
    private Map<?, ?> only(String program) throws IOException {
        String text = Files.readString(directory.resolve("services.yaml"));
        Map<?, ?> all = new Yaml().load(text.replaceAll("127\\.0\\.0\\.1:80..", "127.0.0.1:0"));
        if (!(all.get("programs") instanceof Map<?, ?> programs)) {
            throw new AssertionError("the example has no programs: " + all);
        }
        programs.keySet().removeIf(name -> !name.equals(program));
        return all;
    }

    private Process manage(String configuration) throws Exception {
        Files.writeString(directory.resolve("services.yaml"), configuration);
        Process manager =
                start("manager", BIN + "einhyrningsins", "-c", "services.yaml", "-d", "c.sock");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (control("version") != 0) {
            assertThat(manager.isAlive() && System.nanoTime() < end)
                    .as(Files.readString(directory.resolve("manager")))
                    .isTrue();
            Thread.sleep(10);
        }
        return manager;
    }

    private void end(Process manager) throws Exception {
        assertThat(control("die")).isZero();
        assertThat(manager.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(manager.exitValue()).isZero();
    }

    private int control(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("-d", directory.resolve("c.sock").toString()));
        all.addAll(List.of(words));
        ResidentClient.Outcome outcome = ResidentClient.run(all.toArray(String[]::new));
        Files.writeString(directory.resolve("said"), outcome.out() + outcome.err());
        return outcome.code();
    }

    private int port(String program) throws Exception {
        assertThat(control("show", program)).isZero();
        Matcher port = Pattern.compile("(?m)^\\S+/\\S+ .*:(\\d+)$").matcher(said());
        assertThat(port.find()).as(said()).isTrue();
        return Integer.parseInt(port.group(1));
    }

    private int run(String... command) throws Exception {
        Process process = start("said", command);
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    /// What the last command said.
    private String said() throws IOException {
        return Files.readString(directory.resolve("said"));
    }

    private Process start(String output, String... command) throws IOException {
        Process process =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve(output).toFile())
                        .start();
        processes.add(process);
        return process;
    }

    /// What is missing is skipped, but not in CI, which has to install it.
    private static boolean isThere(String command) {
        for (String each : System.getenv("PATH").split(":", -1)) {
            if (Files.isExecutable(Path.of(each, command))) {
                return true;
            }
        }
        assertThat(System.getenv("EINHYRNINGSINS_CI")).as("missing: " + command).isNull();
        return false;
    }

    /// Asks again and again, each time on a connection of its own.
    private static final class Client implements Runnable {
        private final int port;
        final AtomicBoolean over = new AtomicBoolean();
        final List<String> lost = new ArrayList<>();
        int answered;

        Client(int port) {
            this.port = port;
        }

        @Override
        public void run() {
            while (!over.get()) {
                try {
                    String answer = ask();
                    if (answer.contains(" 200 ") && answer.contains("Hello from ")) {
                        answered++;
                    } else {
                        lost.add(answer);
                    }
                    Thread.sleep(2);
                } catch (IOException | InterruptedException e) {
                    lost.add(e.toString());
                }
            }
        }

        private String ask() throws IOException {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(SOCKET_MILLIS);
                byte[] request = "GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
                socket.getOutputStream().write(request);
                byte[] answer = socket.getInputStream().readAllBytes();
                return new String(answer, StandardCharsets.UTF_8);
            }
        }
    }
}
