// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

@Timeout(240)
class SystemCallDeputyIT {
    @TempDir Path directory;

    private static <T> T on(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        new SystemCallDeputy(task, "test").start();
        return task.get();
    }

    private static SystemCallDeputy deputy() {
        return (SystemCallDeputy) Thread.currentThread();
    }

    private static int pid() {
        return (int) SystemCalls.call(Syscall.GETPID, 0);
    }

    @Test
    void anotherProcessMakesTheCallsAndOnlyThoseThatAreAway() throws Exception {
        int self = pid();
        assertThat(on(() -> pid())).isEqualTo(self);
        assertThat(on(() -> away(SystemCallDeputyIT::pid))).isNotEqualTo(self);
        int afterwards =
                on(
                        () -> {
                            away(SystemCallDeputyIT::pid);
                            return pid();
                        });
        assertThat(afterwards).isEqualTo(self);
    }

    @Test
    void whoHasMadeNoCallYetIsNotHeldUp() {
        assertThat(new SystemCallDeputy(() -> {}, "test").isHeldUp()).isFalse();
    }

    @Test
    void errorsAreThoseOfTheCall() throws Exception {
        long closed = on(() -> away(() -> SystemCalls.call(Syscall.CLOSE, 4711)));
        assertThat(closed).isEqualTo(-Errno.EBADF.number());
        int us = Descriptors.openNull();
        long other = on(() -> away(() -> SystemCalls.call(Syscall.FSTAT, us, 0)));
        Descriptors.close(us);
        assertThat(other).as("it has none of our descriptors").isEqualTo(-Errno.EBADF.number());
    }

    @Test
    void whatItOpensIsWrittenByItAndCanBeFetched() throws Exception {
        Path file = directory.resolve("file");
        int fetched =
                on(
                        () ->
                                away(
                                        () -> {
                                            int fd = AppendFiles.open(file, false);
                                            Descriptors.write(
                                                    fd, ByteBuffer.wrap("a".getBytes(UTF_8)));
                                            return deputy().fetch(fd);
                                        }));
        Descriptors.write(fetched, ByteBuffer.wrap("b".getBytes(UTF_8)));
        Descriptors.close(fetched);
        assertThat(file).hasContent("ab");
    }

    @Test
    void whoIsKilledIsReplacedAndHasNothingOpen() throws Exception {
        String found =
                on(
                        () -> {
                            int first = away(SystemCallDeputyIT::pid);
                            int before = deputy().number();
                            kill(first);
                            long lost = away(() -> SystemCalls.call(Syscall.GETPID, 0));
                            int next = away(SystemCallDeputyIT::pid);
                            int after = deputy().number();
                            return lost + " " + (next != first) + " " + (after - before);
                        });
        assertThat(found).isEqualTo(-Errno.EBADF.number() + " true 1");
    }

    private static <T> T away(Callable<T> deed) throws Exception {
        List<T> result = new ArrayList<>(1);
        deputy().runForwarded(() -> result.add(deed.call()));
        return result.getFirst();
    }

    private static void kill(int pid) throws Exception {
        SystemCalls.check("kill", SystemCalls.call(Syscall.KILL, pid, 9));
        while (ProcessStatus.isAlive(pid)) {
            Thread.sleep(1);
        }
    }

    @Test
    void endsWithItsThread() throws Exception {
        int pid = on(() -> away(SystemCallDeputyIT::pid));
        while (ProcessStatus.isAlive(pid)) {
            Thread.sleep(1);
        }
        assertThat(Files.exists(Path.of("/proc/" + pid + "/fd/0"))).isFalse();
    }
}
