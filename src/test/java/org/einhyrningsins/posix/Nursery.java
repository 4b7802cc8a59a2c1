// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.spawn.ChildCommand;
import org.einhyrningsins.posix.spawn.ChildConfinement;
import org.einhyrningsins.posix.spawn.ChildIdentity;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnRequest;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.posix.spawn.Spawner;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// An order for a child under test, piece by piece, and what such children say.
public final class Nursery {
    public static final Spawner SPAWNER = new Spawner();

    public Spawner spawner = SPAWNER;
    public String executable = "/bin/sh";
    public List<String> argv = List.of("sh", "-c", "exit 0");
    public List<String> environment = List.of("PATH=/usr/bin:/bin");
    public List<String> ownPid = List.of();
    public String directory = "/";
    public List<Integer> more = List.of();
    public @Nullable Credentials credentials;
    public @Nullable Integer umask;
    public @Nullable Integer nice;
    public @Nullable Signal orphaned;
    public Map<Resource, Limit> limits = Map.of();
    public ChildConfinement confinement = ChildConfinement.NONE;
    public int record = -1;

    /// A child that runs a shell script.
    public static Nursery script(String script) {
        Nursery nursery = new Nursery();
        nursery.argv = List.of("sh", "-c", script);
        return nursery;
    }

    public SpawnRequest order(int in, int out) {
        List<Integer> descriptors = new ArrayList<>(List.of(in, out, out));
        descriptors.addAll(more);
        return new SpawnRequest(
                new ChildCommand(executable, argv, environment, ownPid, directory),
                descriptors,
                new ChildIdentity(credentials, umask, nice, limits),
                confinement,
                orphaned,
                record);
    }

    /// What it writes to its descriptors 1 and 2 until it has closed both.
    public String output() throws SpawnException {
        int[] pipe = Descriptors.pipe();
        int out = Descriptors.raise(pipe[1]);
        int nothing = Descriptors.openNull();
        try {
            SpawnedChild child = spawner.spawn(order(nothing, out));
            Descriptors.close(out);
            out = -1;
            String text = readAll(pipe[0]);
            Children.await(child.pidfd());
            Descriptors.close(child.pidfd());
            return text;
        } finally {
            Descriptors.close(pipe[0]);
            Descriptors.close(nothing);
            Descriptors.close(out);
        }
    }

    /// How it ends.
    public ProcessExit exit() throws SpawnException {
        int nothing = Descriptors.openNull();
        try {
            SpawnedChild child = spawner.spawn(order(nothing, nothing));
            ProcessExit processExit = Children.await(child.pidfd());
            Descriptors.close(child.pidfd());
            return processExit;
        } finally {
            Descriptors.close(nothing);
        }
    }

    public static String readAll(int fd) {
        ByteBuffer text = ByteBuffer.allocate(65_536);
        while (Descriptors.read(fd, text) > 0) {
            // until the end
        }
        return new String(text.array(), 0, text.position(), StandardCharsets.UTF_8);
    }

    /// Whether this process has no child, neither alive nor dead.
    public static boolean isChildless() {
        int all = 0x40000000; // __WALL
        int noHang = 1;
        int exited = 4;
        int leaveIt = 0x01000000;
        long info = NativeScratch.here().structures;
        long result = SystemCalls.call(Syscall.WAITID, 0, 0, info, exited | noHang | leaveIt | all);
        return SystemCalls.is(result, Errno.ECHILD);
    }

    /// How many descriptors of the kinds we open this process has.
    public static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(Nursery::isOurs).count();
        }
    }

    private static boolean isOurs(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("anon_inode")
                    || target.startsWith("pidfd")
                    || target.startsWith("pipe:")
                    || target.startsWith("socket:")
                    || target.equals("/dev/null");
        } catch (IOException e) {
            return false; // the one that lists the others
        }
    }

    public static boolean isRoot() {
        return SystemCalls.call(Syscall.GETEUID, 0) == 0;
    }
}
