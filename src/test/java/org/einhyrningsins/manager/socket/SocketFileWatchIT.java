// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

@Timeout(240)
class SocketFileWatchIT {
    private static final Duration SOME_SECONDS = Duration.ofSeconds(5);

    @TempDir private Path directory;

    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private final ManagerLog managerLog = new ManagerLog(logged::writeBytes, LogSpec.DEFAULT);
    private final EventLoop eventLoop = new EventLoop(managerLog);
    private final SocketFileWatch files = new SocketFileWatch(eventLoop, managerLog);

    @AfterEach
    void close() {
        eventLoop.close();
    }

    /// One that is made by making its file, and knows the one that is there when it is made.
    private static final class Named implements SocketFileWatch.Owner {
        private final Path path;
        private long inode;

        Named(Path path) {
            this.path = path;
            inode = RuntimeFiles.inode(path);
        }

        @Override
        public long inode() {
            return inode;
        }

        @Override
        public void remake() throws IOException {
            Files.createFile(path);
            inode = RuntimeFiles.inode(path);
        }
    }

    private static Moment in(Duration time) {
        return Clock.now().plus(time);
    }

    @Test
    void makesAgainWhatWasRemovedWhileOneManagerFollowedAnother() {
        Path path = directory.resolve("web.sock");
        files.watch(path, new Named(path));
        files.begin();
        files.retry(in(SOME_SECONDS));
        assertThat(path).exists();
    }

    @Test
    void leavesAloneWhatIsThere() throws Exception {
        Path path = Files.createFile(directory.resolve("web.sock"));
        Named owner = new Named(path);
        long before = owner.inode();
        files.watch(path, owner);
        files.begin();
        assertThat(files.retry(in(SOME_SECONDS))).isNull();
        assertThat(RuntimeFiles.inode(path)).isEqualTo(before);
    }

    /// A link to itself is there, and cannot be watched (ELOOP).
    @Test
    void looksAgainForWhatItCouldNotWatch() throws Exception {
        Path path = directory.resolve("web.sock");
        Files.createSymbolicLink(path, path);
        files.watch(path, new Named(path));
        files.begin();
        assertThat(logged.toString(UTF_8)).contains("would not notice if " + path);
        Files.delete(path);
        assertThat(files.retry(in(SOME_SECONDS))).isNotNull();
        assertThat(path).doesNotExist();
        files.retry(in(Duration.ofMinutes(2)));
        assertThat(files.retry(in(SOME_SECONDS))).isNull();
        assertThat(path).exists();
        assertThat(logged.toString(UTF_8).lines().filter(line -> line.contains("notice")))
                .hasSize(1);
    }
}
