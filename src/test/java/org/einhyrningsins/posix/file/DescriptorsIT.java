// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.posix.Nursery;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

@Timeout(240)
class DescriptorsIT {
    @TempDir Path directory;

    @Test
    void movesADescriptorUpAndClosesTheOldNumber() {
        int[] pipe = Descriptors.pipe();
        int raised = Descriptors.raise(pipe[1]);
        assertThat(raised).isGreaterThanOrEqualTo(64);
        assertThat(Descriptors.write(raised, ByteBuffer.wrap(new byte[3]))).isEqualTo(3);
        assertThatThrownBy(() -> Descriptors.raise(9_999))
                .hasMessage("dup of descriptor 9999: bad file descriptor (EBADF)");
        Descriptors.close(raised);
        Descriptors.close(pipe[0]);
    }

    @Test
    void aTwinOfAFileAppendsAndMovesNothing() throws Exception {
        Path file = directory.resolve("log");
        Files.writeString(file, "");
        try (var ours = new java.io.RandomAccessFile(file.toFile(), "rw")) {
            int fd = number(ours.getFD());
            int twin = AppendFiles.reopenForAppend(fd);
            ours.write("one\n".getBytes(UTF_8));
            AppendFiles.write(
                    twin, ByteBuffer.allocateDirect(4).put(0, "two\n".getBytes(UTF_8)), 0, 4, 0);
            ours.write("three\n".getBytes(UTF_8));
            assertThat(file).hasContent("one\ntwo\nthree");
            Descriptors.close(twin);
        }
        int[] pipe = Descriptors.pipe();
        assertThat(AppendFiles.reopenForAppend(pipe[1])).isEqualTo(-1);
        Descriptors.close(pipe[0]);
        Descriptors.close(pipe[1]);
    }

    private static int number(java.io.FileDescriptor descriptor) throws Exception {
        try (var all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path each : all) {
                if (Files.isSymbolicLink(each)
                        && Files.readSymbolicLink(each).endsWith("log")
                        && descriptor.valid()) {
                    return Integer.parseInt(each.getFileName().toString());
                }
            }
        }
        throw new AssertionError("it is open");
    }

    @Test
    void makesRoomBeforeItIsNeeded() throws Exception {
        new Nursery().exit(); // what is opened once is open
        long before = Nursery.descriptors();
        Descriptors.makeRoom(700);
        assertThat(tableSize()).isGreaterThanOrEqualTo(700);
        Descriptors.makeRoom(Integer.MAX_VALUE);
        assertThat(Nursery.descriptors()).isEqualTo(before);
    }

    private static int tableSize() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("FDSize:"))
                .map(line -> Integer.parseInt(line.substring(7).strip()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void readsAndWritesDirectAndHeapBuffersFromTheirPositions() {
        int[] pipe = Descriptors.pipe();
        ByteBuffer heap = ByteBuffer.wrap("xheap".getBytes(UTF_8)).position(1);
        ByteBuffer direct = ByteBuffer.allocateDirect(20);
        direct.put("ydirect".getBytes(UTF_8)).flip().position(1);
        assertThat(Descriptors.write(pipe[1], heap)).isEqualTo(4);
        assertThat(Descriptors.write(pipe[1], direct)).isEqualTo(6);
        assertThat(heap.hasRemaining() || direct.hasRemaining()).isFalse();
        ByteBuffer intoDirect = ByteBuffer.allocateDirect(6).position(2);
        ByteBuffer intoHeap = ByteBuffer.allocate(20).position(3);
        assertThat(Descriptors.read(pipe[0], intoDirect)).isEqualTo(4);
        assertThat(Descriptors.read(pipe[0], intoHeap)).isEqualTo(6);
        byte[] first = new byte[4];
        intoDirect.get(2, first);
        assertThat(first).asString(UTF_8).isEqualTo("heap");
        assertThat(new String(intoHeap.array(), 3, 6, UTF_8)).isEqualTo("direct");
        Descriptors.close(pipe[1]);
        assertThat(Descriptors.read(pipe[0], intoHeap)).isZero();
        Descriptors.close(pipe[0]);
    }

    @Test
    void saysWhenThereIsNothingYetOrNoRoom() {
        int[] pipe = Descriptors.pipe();
        Descriptors.setNonBlocking(pipe[0], true);
        Descriptors.setNonBlocking(pipe[1], true);
        assertThat(Descriptors.read(pipe[0], ByteBuffer.allocate(1))).isEqualTo(-1);
        ByteBuffer much = ByteBuffer.allocateDirect(1 << 22);
        assertThat(Descriptors.write(pipe[1], much)).isPositive();
        assertThat(Descriptors.write(pipe[1], much)).isEqualTo(-1);
        Descriptors.close(pipe[0]);
        assertThatThrownBy(() -> Descriptors.write(pipe[1], much))
                .hasMessage("write: broken pipe (EPIPE)");
        Descriptors.close(pipe[1]);
    }

    private static AppendFiles.Extent which(Path file) {
        return Objects.requireNonNull(AppendFiles.extent(file));
    }

    /// Whoever writes in the directory may have put a pipe there, on which nobody writes, or a link
    /// to what only we may read.
    @Test
    void readsTheTailOfNoOtherFile() throws Exception {
        Path file = directory.resolve("log");
        Files.writeString(file, "ours\n");
        AppendFiles.Extent ours = which(file);
        Path kept = Files.move(file, directory.resolve("kept"));
        Path secret = Files.writeString(directory.resolve("secret"), "secret\n");
        Files.createSymbolicLink(file, secret);
        assertThat(Descriptors.readTail(file, ours, 0, 100)).isEmpty();
        Files.delete(file);
        new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
        assertThat(Descriptors.readTail(file, ours, 0, 100)).isEmpty();
        assertThat(Descriptors.readTail(file, which(file), 0, 100)).isEmpty();
        Files.delete(file);
        Files.createSymbolicLink(file, kept);
        assertThat(new String(Descriptors.readTail(file, ours, 0, 100), UTF_8)).isEqualTo("ours\n");
    }

    /// Who opens it to write would wait for a reader.
    @Test
    void aFifoIsNoLock() throws Exception {
        Path fifo = directory.resolve("lock");
        new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor();
        assertThatThrownBy(() -> Descriptors.lock(fifo)).hasMessageContaining("ENXIO");
    }

    @Test
    void appendsAndReadsTheTail() throws Exception {
        Path file = directory.resolve("log");
        Files.writeString(file, "before\n");
        int fd = Descriptors.openAppend(file);
        Descriptors.write(fd, ByteBuffer.wrap("after\n".getBytes(UTF_8)));
        Descriptors.close(fd);
        assertThat(file).hasContent("before\nafter\n");
        assertThat(tail(file, 7, 100)).isEqualTo("after\n");
        assertThat(tail(file, 0, 3)).isEqualTo("er\n");
        assertThat(tail(file, 13, 100)).isEmpty();
        assertThat(tail(file, 999, 6)).isEqualTo("after\n");
    }

    @Test
    void readsALongTail() throws Exception {
        Path file = directory.resolve("log");
        Files.writeString(file, "0123456789".repeat(10_000));
        assertThat(tail(file, 5, 50_001)).isEqualTo("9" + "0123456789".repeat(5_000));
    }

    private static String tail(Path file, long from, int most) {
        return new String(Descriptors.readTail(file, which(file), from, most), UTF_8);
    }

    @Test
    void aFileThatCannotBeOpenedIsNamed() {
        assertThatThrownBy(() -> Descriptors.openAppend(directory.resolve("no/file")))
                .hasMessage("open " + directory + "/no/file: no such file or directory (ENOENT)");
    }
}
