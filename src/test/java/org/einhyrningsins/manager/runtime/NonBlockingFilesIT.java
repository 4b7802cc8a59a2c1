// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.manager.HostFacts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What the manager reads in its loop, in directories where others may write.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NonBlockingFilesIT {
    @TempDir Path directory;

    private List<String> problems() throws Exception {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {web: {command: [sleep, '9'], env-file: web.env}}\n");
        return switch (ConfigLoader.load(file, HostFacts.surroundings())) {
            case LoadResult.Valid _ -> List.of();
            case LoadResult.Invalid invalid ->
                    invalid.problems().stream()
                            .map(ConfigProblem::message)
                            .map(text -> text.replace(directory + "/", ""))
                            .toList();
        };
    }

    /// Who opens it would wait for up to 45 s: /proc/sys/fs/lease-break-time.
    @Test
    void aLeaseOnAFileOfVariablesKeepsNobodyWaiting() throws Exception {
        Path variables = Files.writeString(directory.resolve("web.env"), "A=1\n");
        String script =
                """
                import fcntl, os, signal, sys, time
                signal.signal(signal.SIGIO, signal.SIG_IGN)
                file = os.open(sys.argv[1], os.O_RDWR)
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
                print("leased", flush=True)
                time.sleep(60)
                """;
        Process holder = new ProcessBuilder("python3", "-c", script, variables.toString()).start();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("leased");
            long began = System.nanoTime();
            assertThat(problems())
                    .containsExactly(
                            "cannot read web.env: another process holds a lease on it, and was told"
                                    + " to give it up; try again");
            assertThat(System.nanoTime() - began).isLessThan(5_000_000_000L);
        } finally {
            holder.destroyForcibly().waitFor();
        }
        assertThat(problems()).isEmpty();
    }

    @Test
    void saysWhyAFileCannotBeRead() throws Exception {
        assertThat(problems()).containsExactly("cannot read web.env: no such file");
        Path variables = directory.resolve("web.env");
        Files.createSymbolicLink(variables, variables);
        assertThat(problems())
                .containsExactly(
                        "cannot read web.env: it is a symbolic link that leads back to itself");
        Files.delete(variables);
        new ProcessBuilder("mkfifo", variables.toString()).start().waitFor();
        assertThat(problems()).containsExactly("cannot read web.env: it is not a regular file");
    }
}
