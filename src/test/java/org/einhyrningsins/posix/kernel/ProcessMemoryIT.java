// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// What the kernel counts for processes that use a known amount of memory.
final class ProcessMemoryIT {
    private static final long MIB = 1 << 20;

    /// Fills 64 MiB and then forks: both have the same pages.
    private static final String FORKS =
            """
            import os, time
            a = bytearray(b'x') * (64 << 20)
            if os.fork():
                print('up', flush=True)
            time.sleep(60)
            """;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        for (Process process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private int forks() throws IOException {
        Process process = new ProcessBuilder("python3", "-IS", "-c", FORKS).start();
        processes.add(process);
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        assertThat(out.readLine()).isEqualTo("up");
        return (int) process.pid();
    }

    @Test
    void countsWhatIsSharedForEachAsLongAsThatIsLittleEnough() throws IOException {
        assertThat(ProcessMemory.ofTree(forks(), 1000 * MIB)).isBetween(128 * MIB, 200 * MIB);
    }

    @Test
    void countsWhatIsSharedOnceIfThatWouldBeTooMuch() throws IOException {
        assertThat(ProcessMemory.ofTree(forks(), 100 * MIB)).isBetween(64 * MIB, 110 * MIB);
    }

    @Test
    void findsNothingWhereNobodyIs() throws IOException {
        int pid = forks();
        processes.getFirst().descendants().forEach(ProcessHandle::destroyForcibly);
        processes.getFirst().destroyForcibly().onExit().join();
        assertThat(ProcessMemory.ofTree(pid, 0)).isZero();
    }
}
