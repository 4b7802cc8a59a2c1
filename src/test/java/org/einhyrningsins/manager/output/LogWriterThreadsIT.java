// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.PathReach;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;

@Timeout(240)
class LogWriterThreadsIT {
    @TempDir private Path directory;
    private final EventLoop eventLoop =
            new EventLoop(new ManagerLog(ignored -> {}, LogSpec.DEFAULT));
    private final LogWriterThreads threads = new LogWriterThreads(eventLoop);

    @BeforeEach
    void everybodyMayChangeNamesInTheDirectory() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @AfterEach
    void close() {
        threads.close();
        eventLoop.close();
    }

    @Test
    void aFileThatIsOpenedLateIsThereForTheNextWorker() throws Exception {
        Path file = directory.resolve("web.log");
        LogWriterThread writer = threads.of(Objects.requireNonNull(PathReach.of(file)));
        CountDownLatch first = held(writer);
        assertThatThrownBy(() -> threads.openAppend(file))
                .isInstanceOf(PosixException.class)
                .hasMessageContaining("it does not return");
        first.countDown();
        Objects.requireNonNull(writer.submit(() -> 0)).get(); // all before it is done

        CountDownLatch second = held(writer);
        int fd = threads.openAppend(file);
        Descriptors.write(fd, ByteBuffer.wrap("line\n".getBytes(StandardCharsets.UTF_8)));
        Descriptors.close(fd);
        second.countDown();
        assertThat(file).hasContent("line");
    }

    /// Keeps the thread from everything else.
    private static CountDownLatch held(LogWriterThread writer) {
        CountDownLatch latch = new CountDownLatch(1);
        Objects.requireNonNull(
                writer.submit(
                        () -> {
                            latch.await();
                            return 0;
                        }));
        return latch;
    }
}
