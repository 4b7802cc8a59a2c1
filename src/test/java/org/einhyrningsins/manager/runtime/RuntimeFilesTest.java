// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

class RuntimeFilesTest {
    @TempDir Path directory;

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void makesADirectoryWithItsParentsAndExactlyThatMode() throws IOException {
        Path deep = directory.resolve("a/b/c");
        RuntimeFiles.directory(deep, "rwxrwxrwx");
        assertThat(mode(deep)).isEqualTo("rwxrwxrwx");
    }

    @Test
    void makesParentsAsTheUmaskLeavesThem() throws IOException {
        String usual = mode(Files.createDirectory(directory.resolve("usual")));
        RuntimeFiles.directory(directory.resolve("a/b"), "rwx------");
        assertThat(mode(directory.resolve("a"))).isEqualTo(usual);
        RuntimeFiles.directory(directory.resolve("c"), null);
        assertThat(mode(directory.resolve("c"))).isEqualTo(usual);
    }

    @Test
    void leavesADirectoryThatIsThereAsItIs() throws IOException {
        Path there = Files.createDirectory(directory.resolve("there"));
        String before = mode(there);
        RuntimeFiles.directory(there, "rwx--x--x");
        assertThat(mode(there)).isEqualTo(before);
    }

    @Test
    void saysWhyADirectoryCannotBeMade() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        IOException there =
                catchThrowableOfType(
                        IOException.class, () -> RuntimeFiles.directory(file, "rwx------"));
        assertThat(RuntimeFiles.why(there)).isEqualTo(file + ": it exists and is no directory");
        Path nowhere = directory.resolve("not/there");
        IOException missing =
                catchThrowableOfType(IOException.class, () -> Files.createFile(nowhere));
        assertThat(RuntimeFiles.why(missing)).isEqualTo(nowhere + ": no such file or directory");
    }

    @Test
    void deletesWhatIsThereAndNothingThatIsInUse() throws IOException {
        Path full = Files.createDirectory(directory.resolve("full"));
        Path file = Files.createFile(full.resolve("file"));
        RuntimeFiles.delete(full);
        assertThat(file).exists();
        RuntimeFiles.delete(file);
        RuntimeFiles.delete(file);
        RuntimeFiles.delete(full);
        assertThat(full).doesNotExist();
    }

    @Test
    void tellsOneFileFromAnotherOfTheSamePath() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        long first = RuntimeFiles.inode(file);
        Path other = Files.createFile(directory.resolve("other"));
        Files.move(other, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThat(RuntimeFiles.inode(file)).isNotEqualTo(first).isNotZero();
        assertThat(RuntimeFiles.inode(directory.resolve("none"))).isZero();
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertThat(RuntimeFiles.inode(link)).isNotEqualTo(RuntimeFiles.inode(file));
    }

    @Test
    void managersWithOtherControlSocketsHaveOtherWorkerDirectories() {
        Path a = RuntimePaths.workerDirectory(Path.of("/tmp/Aa"), 0);
        assertThat(a).isNotEqualTo(RuntimePaths.workerDirectory(Path.of("/tmp/BB"), 0));
        assertThat(a).isEqualTo(RuntimePaths.workerDirectory(Path.of("/tmp/Aa"), 0));
        assertThat(a.toString()).hasSizeLessThan(50);
        assertThat(RuntimePaths.workerDirectory(Path.of("/tmp/Aa"), 1000))
                .hasToString("/tmp/Aa.workers");
    }
}
