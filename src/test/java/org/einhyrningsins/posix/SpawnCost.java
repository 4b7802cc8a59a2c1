// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.MachineCode;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnRequest;
import org.einhyrningsins.posix.spawn.SpawnedChild;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a birth costs: [org.einhyrningsins.posix.spawn.Spawner] beside C (vfork, execve) and beside a plain posix_spawn called from
/// here. In turns, since machines have moods. Needs cc.
///
///     java -cp … --enable-native-access=ALL-UNNAMED org.einhyrningsins.posix.SpawnCost [ROUNDS]
public final class SpawnCost {
    private SpawnCost() {}

    private static final String C =
            """
            #define _GNU_SOURCE
            #include <unistd.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <time.h>
            #include <sys/wait.h>
            static long now(void) {
                struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t);
                return t.tv_sec * 1000000000L + t.tv_nsec;
            }
            int main(int argc, char **argv) {
                char *av[] = {"true", 0}, *ev[] = {"PATH=/usr/bin:/bin", 0};
                for (int i = 0; i < atoi(argv[1]); i++) {
                    long a = now();
                    pid_t pid = vfork();
                    if (!pid) { execve("/bin/true", av, ev); _exit(127); }
                    long b = now();
                    waitpid(pid, 0, 0);
                    printf("%ld %ld\\n", b - a, now() - a);
                }
            }
            """;

    private static final int TURN = 50;

    private record Way(String name, List<Long> call, List<Long> all) {
        Way(String name) {
            this(name, new ArrayList<>(), new ArrayList<>());
        }

        void add(long call, long all) {
            call().add(call);
            all().add(all);
        }

        String text() {
            return String.format(
                    "%-12s call %4d µs, to reaped %4d µs (p90 %4d, %4d)",
                    name, at(call, 0.5), at(all, 0.5), at(call, 0.9), at(all, 0.9));
        }

        private static long at(List<Long> values, double part) {
            long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
            return sorted[(int) (sorted.length * part)] / 1000;
        }
    }

    /// Measures and prints.
    ///
    /// @param arguments how many births of each way, 500 if none
    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length == 0 ? 500 : Integer.parseInt(arguments[0]);
        Path directory = Files.createTempDirectory("spawn-cost");
        Path program = directory.resolve("c");
        Path source = Files.writeString(directory.resolve("c.c"), C);
        try {
            script("cc -O2 -o " + program + " " + source);
            measure(program, rounds);
        } finally {
            for (Path each : List.of(program, source, directory)) {
                Files.deleteIfExists(each);
            }
        }
    }

    private static String script(String line) throws SpawnException {
        return Nursery.script(line).output();
    }

    private static void measure(Path program, int rounds) throws Exception {
        Way c = new Way("C vfork");
        Way ours = new Way("ours");
        Way plain = new Way("posix_spawn");
        spawn(new Way(""), 500); // the JVM warms up
        for (int done = 0; done < rounds; done += TURN) {
            script(program + " " + TURN).lines().forEach(line -> add(c, line));
            spawn(ours, TURN);
            posixSpawn(plain, TURN);
        }
        for (Way way : List.of(c, ours, plain)) {
            System.out.println(way.text());
        }
    }

    private static void add(Way way, String line) {
        long[] nanos = Arrays.stream(line.split(" ", -1)).mapToLong(Long::parseLong).toArray();
        way.add(nanos[0], nanos[1]);
    }

    private static void spawn(Way way, int times) throws SpawnException {
        int nothing = Descriptors.openNull();
        Nursery child = new Nursery();
        child.executable = "/bin/true";
        child.argv = List.of("true");
        child.ownPid = List.of("LISTEN_PID");
        child.more = List.of(nothing, nothing);
        child.umask = 022;
        SpawnRequest order = child.order(nothing, nothing);
        for (int i = 0; i < times; i++) {
            long start = System.nanoTime();
            SpawnedChild spawnedChild = Nursery.SPAWNER.spawn(order);
            long born = System.nanoTime();
            Children.await(spawnedChild.pidfd());
            way.add(born - start, System.nanoTime() - start);
            Descriptors.close(spawnedChild.pidfd());
        }
        Descriptors.close(nothing);
    }

    private static void posixSpawn(Way way, int times) {
        ByteBuffer memory = ByteBuffer.allocateDirect(512).order(ByteOrder.nativeOrder());
        long at = SystemCalls.address(memory);
        memory.put(64, "/bin/true\0".getBytes(StandardCharsets.UTF_8));
        memory.put(128, "PATH=/usr/bin:/bin\0".getBytes(StandardCharsets.UTF_8));
        memory.putLong(16, at + 64).putLong(24, 0).putLong(32, at + 128).putLong(40, 0);
        long function = Library.getDefault().getSymbolAddress("posix_spawn");
        long info = at + 192;
        for (int i = 0; i < times; i++) {
            long start = System.nanoTime();
            Invoker.getInstance()
                    .invokeL6NoErrno(
                            MachineCode.sixLongs(false),
                            function,
                            at,
                            at + 64,
                            0,
                            0,
                            at + 16,
                            at + 32);
            long born = System.nanoTime();
            SystemCalls.check(
                    "waitid", SystemCalls.call(Syscall.WAITID, 1, memory.getInt(0), info, 4, 0));
            way.add(born - start, System.nanoTime() - start);
        }
    }
}
