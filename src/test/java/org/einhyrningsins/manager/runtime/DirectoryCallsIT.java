// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.ForwardingThread;
import org.einhyrningsins.posix.kernel.PosixException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A call that does not return is a read of a pipe that nobody writes to, until somebody does.
class DirectoryCallsIT {
    @TempDir Path top;
    private Path file = Path.of("");

    @BeforeEach
    void listed() throws IOException {
        Files.setAttribute(top, "unix:mode", 0711);
        Path directory = Files.createDirectory(top.resolve("run"));
        Files.setAttribute(directory, "unix:mode", 0755);
        file = directory.resolve("file");
    }

    private static boolean isAway() {
        return Thread.currentThread() instanceof ForwardingThread thread && thread.isForwarding();
    }

    @Test
    void makesCallsElsewhereOnlyWhereOthersMayListTheDirectory() throws IOException {
        assertThat(DirectoryCalls.<Boolean>in(file, DirectoryCallsIT::isAway)).isTrue();
        Files.setAttribute(file.getParent(), "unix:mode", 0711);
        assertThat(DirectoryCalls.<Boolean>in(file, DirectoryCallsIT::isAway)).isFalse();
    }

    @Test
    void bringsADescriptorThatWasOpenedElsewhere() throws IOException {
        int fd =
                DirectoryCalls.open(
                        file,
                        () -> {
                            try (SafePath place = SafePath.toName(file)) {
                                return place.create(place.name(), 0600);
                            }
                        });
        try {
            Descriptors.write(fd, ByteBuffer.wrap("here".getBytes(UTF_8)));
        } finally {
            Descriptors.close(fd);
        }
        assertThat(file).hasContent("here");
    }

    @Test
    void throwsWhatIsThrownElsewhere() {
        assertThatThrownBy(
                        () ->
                                DirectoryCalls.run(
                                        file,
                                        () -> SafePath.toName(file.resolve("none/x")).close()))
                .isInstanceOfSatisfying(
                        PosixException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    /// Every further one is refused at once, until the first has returned.
    @Test
    void givesUpWhatDoesNotReturnAndDoesNothingAfterIt() throws Exception {
        Path fifo = file.resolveSibling("fifo");
        new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor();
        Path after = file.resolveSibling("after");
        assertThatThrownBy(() -> DirectoryCalls.run(file, () -> opens(fifo, after)))
                .isInstanceOfSatisfying(
                        PosixException.class, e -> assertThat(DirectoryCalls.isHeldUp(e)).isTrue());
        assertThatThrownBy(
                        () -> {
                            for (int i = 0; i < 1000; i++) {
                                DirectoryCalls.run(file, () -> opens(fifo, after));
                            }
                        })
                .isInstanceOf(PosixException.class);
        assertThat(DirectoryCallsIT.tried(file)).isTrue();
        assertThat(after).doesNotExist();
    }

    /// What was opened too late is nobody's: it is given to who closes it.
    @Test
    void dropsAResultThatComesTooLate() throws Exception {
        Path fifo = file.resolveSibling("fifo");
        new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor();
        CompletableFuture<String> dropped = new CompletableFuture<>();
        CountDownLatch late = new CountDownLatch(1);
        assertThatThrownBy(
                        () ->
                                DirectoryCalls.<String>open(
                                        file, bring -> waits(fifo, late), dropped::complete))
                .isInstanceOfSatisfying(
                        PosixException.class, e -> assertThat(DirectoryCalls.isHeldUp(e)).isTrue());
        late.countDown();
        assertThat(dropped.get(10, TimeUnit.SECONDS)).isEqualTo("opened");
    }

    /// Ends well, later than anybody waits.
    private static String waits(Path fifo, CountDownLatch late) {
        try {
            Descriptors.close(Descriptors.open(fifo.toString(), 0, 0));
        } catch (PosixException e) {
            // interrupted, as it was given up
        }
        try {
            late.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "opened";
    }

    /// Opening it waits for a writer.
    private static void opens(Path fifo, Path after) {
        Descriptors.close(Descriptors.open(fifo.toString(), 0, 0));
        try (SafePath place = SafePath.toName(after)) {
            Descriptors.close(place.create(place.name(), 0600));
        }
    }

    /// True once something is done there again.
    private static boolean tried(Path file) {
        var end = Clock.now().plus(Duration.ofSeconds(10));
        while (!end.reached(Clock.now())) {
            try {
                return DirectoryCalls.<Boolean>in(file, () -> true);
            } catch (PosixException held) {
                Thread.onSpinWait();
            }
        }
        return false;
    }
}
