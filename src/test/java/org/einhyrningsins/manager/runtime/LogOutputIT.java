// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

@Timeout(240)
class LogOutputIT {
    private static final int LINES = 3_000;
    private static final String PADDING = "x".repeat(90);

    private final int[] pipe = Descriptors.pipe();
    private final EventLoop eventLoop =
            new EventLoop(new ManagerLog(System.err::writeBytes, LogSpec.DEFAULT));
    private final LogOutput error = new LogOutput(pipe[1]);

    @AfterEach
    void close() {
        eventLoop.close();
        Descriptors.close(pipe[0]);
        Descriptors.close(pipe[1]);
    }

    @Test
    void writesEachLineAtOnce() {
        error.write(line(1));
        error.write(line(2));
        assertThat(read()).isEqualTo(text(1) + text(2));
    }

    @Test
    void doesNotWaitForAReaderAndSaysWhatWasLost() {
        error.in(eventLoop);
        for (int i = 0; i < LINES; i++) {
            error.write(line(i));
        }
        StringBuilder all = new StringBuilder();
        while (!all.toString().endsWith(text(LINES - 1))) {
            all.append(read());
            eventLoop.turn(0);
        }
        List<String> lines = all.toString().lines().toList();
        List<String> notes = lines.stream().filter(line -> line.contains("lost here")).toList();
        assertThat(notes).hasSize(1);
        int lost = Integer.parseInt(notes.getFirst().replaceAll("\\D", ""));
        assertThat(lost).isPositive();
        assertThat(lines).hasSize(LINES - lost + 1);
        assertThat(lines).allMatch(line -> line.equals(notes.getFirst()) || line.endsWith(PADDING));
        // none at rest either
        assertThat(read()).isEmpty();
    }

    @Test
    void aLineLongerThanThePipeComesWhole() {
        String line = "y".repeat(200_000) + "\n";
        error.in(eventLoop);
        error.write(line.getBytes(UTF_8));
        StringBuilder all = new StringBuilder();
        while (all.length() < line.length()) {
            all.append(read());
            eventLoop.turn(0);
        }
        assertThat(all.toString()).isEqualTo(line);
    }

    @Test
    void survivesThatNobodyWillEverRead() {
        Descriptors.close(pipe[0]);
        error.in(eventLoop);
        error.write(line(1));
        error.write(line(2));
        error.close();
        pipe[0] = Descriptors.openNull();
    }

    private static String text(int i) {
        return i + " " + PADDING + "\n";
    }

    private static byte[] line(int i) {
        return text(i).getBytes(UTF_8);
    }

    private String read() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Descriptors.setNonBlocking(pipe[0], true);
        ByteBuffer buffer = ByteBuffer.allocate(8192);
        while (Descriptors.read(pipe[0], buffer) > 0) {
            all.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
        return all.toString(UTF_8);
    }
}
