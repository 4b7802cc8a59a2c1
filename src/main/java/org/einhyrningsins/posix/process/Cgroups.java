// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A directory of control groups below our own (version 2, cgroups(7)), one for each child that is
/// started in one ([org.einhyrningsins.posix.spawn.Spawner#spawn]). Whatever a process forks is
/// started into its group, whatever else it does to hide its descent, and what is in a group can be
/// ended at once (`cgroup.kill`, Linux 5.14). No controller is needed, so it does not matter which
/// are given to us.
///
/// Nobody is moved: writing to `cgroup.procs` waits for all processors (RCU), being started in a
/// group does not.
public final class Cgroups {
    private static final int AT_REMOVEDIR = 0x200;
    private static final int O_WRONLY = 1;

    /// Others find the files of their groups, and may not list a directory: who lists one can hold
    /// up the making and removing of groups in it.
    private static final int MODE = 0711;

    private static final int EVENTS = 256;
    private static final int MAX_DEPTH = 64;
    private static final String OOM_KILL = "oom_kill ";
    private static final String OOM = "oom ";
    private static final String IO_WEIGHT = "io.weight";
    private static final String BFQ_WEIGHT = "io.bfq.weight";

    final Path path;
    final int directory;
    private final boolean found;

    private Cgroups(Path path, int directory, boolean found) {
        this.path = path;
        this.directory = directory;
        this.found = found;
    }

    /// Opens a directory of that name below our own group, made if there is none.
    ///
    /// @throws PosixException if there is no version 2, we may not, or groups cannot be killed
    public static Cgroups open(String name) {
        Path parent = CgroupLocation.base(CgroupLocation.ownDirectory());
        if (!CgroupLocation.mayMakeBelow(parent)) {
            String why = "control group " + parent + ", which systemd has not delegated";
            throw new PosixException(why, Errno.EACCES.number());
        }
        Path path = parent.resolve(name);
        long made = make(Descriptors.AT_FDCWD, path.toString());
        boolean found = SystemCalls.is(made, Errno.EEXIST);
        if (!found) {
            SystemCalls.check("mkdir " + path, made);
        }
        int directory = Descriptors.raise(Descriptors.open(path.toString(), 0, 0));
        Cgroups groups = new Cgroups(path, directory, found);
        if (!Files.exists(path.resolve("cgroup.kill"))) {
            groups.close();
            throw new PosixException(path + "/cgroup.kill", Errno.ENOENT.number());
        }
        return groups;
    }

    /// True if the directory existed before.
    public boolean found() {
        return found;
    }

    /// Returns its path.
    public Path path() {
        return path;
    }

    static String[] lines(String file) {
        return new String(Descriptors.readWhole(file), StandardCharsets.UTF_8).split("\n", -1);
    }

    /// Enables a controller for each group: the kernel counts and limits by it.
    ///
    /// @throws PosixException if it is not delegated to the manager, or cannot be delegated further
    public void enable(String controller) {
        Path above = path.getParent();
        if (above != null && hasProcesses(above)) {
            // some controllers could be had, and would leave no group that takes processes
            String what = above + " is to be divided, and has processes of its own";
            throw new PosixException(what, Errno.EBUSY.number());
        }
        for (Path group : above == null ? List.of(path) : List.of(above, path)) {
            if (!has(group, "cgroup.subtree_control", controller)) {
                if (!has(group, "cgroup.controllers", controller)) {
                    String what = "controller " + controller + " in " + group;
                    throw new PosixException(what, Errno.ENOENT.number());
                }
                String file = group + "/cgroup.subtree_control";
                SystemCalls.check(file, put(Descriptors.AT_FDCWD, file, "+" + controller));
            }
        }
    }

    /// The group of all groups may have them and be divided; it is the one that has no type.
    private static boolean hasProcesses(Path group) {
        return Files.exists(group.resolve("cgroup.type"))
                && !lines(group + "/cgroup.procs")[0].isEmpty();
    }

    /// Enables, for each group in a group, a controller that is enabled above.
    public void enable(String group, String controller) {
        set(group, "cgroup.subtree_control", "+" + controller);
    }

    private static boolean has(Path group, String file, String controller) {
        String[] words = String.join(" ", lines(group + "/" + file)).split(" ", -1);
        return Arrays.asList(words).contains(controller);
    }

    /// Writes to a file of a group. A share of the disks is told to each I/O controller there is:
    /// the kernel has none, one or both.
    public void set(String name, String file, String value) {
        boolean weight = file.equals(IO_WEIGHT);
        boolean other = weight && has(name, BFQ_WEIGHT);
        if (other) {
            String word = value.substring(value.indexOf(' ') + 1);
            long written = put(directory, name + "/" + BFQ_WEIGHT, bfqWeight(word));
            SystemCalls.check(BFQ_WEIGHT, written);
        }
        if (!other || has(name, file)) {
            SystemCalls.check(file, put(directory, name + "/" + file, value));
        }
    }

    /// Scales a weight of 1 to 10000 to one of 1 to 1000, both with a default of 100.
    public static String bfqWeight(String weight) {
        int of = Integer.parseInt(weight);
        return String.valueOf(of <= 100 ? of : 100 + (of - 100) / 11);
    }

    private static long put(int below, String file, String value) {
        int flags = O_WRONLY | Descriptors.O_CLOEXEC;
        long at = NativeScratch.here().path(file);
        long fd = SystemCalls.call(Syscall.OPENAT, below, at, flags, 0);
        if (fd < 0) {
            return fd;
        }
        byte[] text = value.getBytes(StandardCharsets.US_ASCII);
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.put(0, text);
        long written = SystemCalls.call(Syscall.WRITE, fd, nativeScratch.structures, text.length);
        Descriptors.close((int) fd);
        return written;
    }

    /// True if the group has that file.
    public boolean has(String name, String file) {
        return Files.exists(path.resolve(name).resolve(file));
    }

    /// Returns the number of OOM kills in a group, or below it; 0 also where the kernel does not
    /// count.
    public long oomKills(String name) {
        return count(name + "/memory.events", OOM_KILL);
    }

    /// Returns how often memory ran out for a group, or one below it, by its own limit.
    public long ooms(String name) {
        return count(name + "/memory.events", OOM);
    }

    /// Returns how often memory ran out for a group by its own limit, and not by that of one below.
    public long ownOoms(String name) {
        return count(name + "/memory.events.local", OOM);
    }

    /// True if all processes of a group are killed when memory runs out for one of them.
    public boolean isKilledWhole(String name) {
        return text(name + "/memory.oom.group").startsWith("1");
    }

    private long count(String file, String what) {
        return countIn(text(file), what);
    }

    private String text(String file) {
        long at = NativeScratch.here().path(file);
        long fd = SystemCalls.call(Syscall.OPENAT, directory, at, Descriptors.O_CLOEXEC, 0);
        if (fd < 0) {
            return "";
        }
        ByteBuffer text = ByteBuffer.allocate(EVENTS);
        Descriptors.read((int) fd, text);
        Descriptors.close((int) fd);
        return new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII);
    }

    public static long countIn(String events, String what) {
        for (String line : events.split("\n", -1)) {
            if (line.startsWith(what)) {
                return Long.parseLong(line.substring(what.length()).strip());
            }
        }
        return 0;
    }

    /// Makes a group that is to have others in it, unless it is there.
    ///
    /// @return false if it had been there before
    public boolean makeAbove(String name) {
        long made = make(directory, name);
        if (SystemCalls.is(made, Errno.EEXIST)) {
            return false;
        }
        SystemCalls.check("mkdir " + path + "/" + name, made);
        return true;
    }

    private static long make(int below, String name) {
        return SystemCalls.call(Syscall.MKDIRAT, below, NativeScratch.here().path(name), MODE);
    }

    /// Makes a group.
    ///
    /// @return its directory, for [org.einhyrningsins.posix.spawn.Spawner#spawn]; close-on-exec;
    ///   the caller closes it
    public int make(String name) {
        SystemCalls.check("mkdir " + path + "/" + name, make(directory, name));
        long at = NativeScratch.here().path(name);
        long fd = SystemCalls.call(Syscall.OPENAT, directory, at, Descriptors.O_CLOEXEC, 0);
        if (fd < 0) {
            remove(name);
        }
        return (int) SystemCalls.check("open " + path + "/" + name, fd);
    }

    /// Removes a group, unless somebody lives in it.
    ///
    /// @return whether it is no longer there
    public boolean remove(String name) {
        return remove(directory, name);
    }

    private static boolean remove(int below, String name) {
        long at = NativeScratch.here().path(name);
        long result = SystemCalls.call(Syscall.UNLINKAT, below, at, AT_REMOVEDIR);
        return result >= 0 || SystemCalls.is(result, Errno.ENOENT);
    }

    /// Removes a group with those that its processes made below it.
    ///
    /// @return whether it is no longer there
    public boolean removeAll(String name) {
        return remove(name) || removeTree(path.resolve(name), MAX_DEPTH);
    }

    private static boolean removeTree(Path group, int depth) {
        if (depth > 0) {
            for (String below : below(group)) {
                removeTree(group.resolve(below), depth - 1);
            }
        }
        return remove(Descriptors.AT_FDCWD, group.toString());
    }

    /// Ends all processes of a group and of those below it. They are dead soon.
    ///
    /// @return false if there is no such group
    public boolean kill(String name) {
        long at = NativeScratch.here().path(name + "/cgroup.kill");
        int flags = O_WRONLY | Descriptors.O_CLOEXEC;
        long fd = SystemCalls.call(Syscall.OPENAT, directory, at, flags, 0);
        if (fd < 0) {
            return false;
        }
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.put(0, (byte) '1');
        long written = SystemCalls.call(Syscall.WRITE, fd, nativeScratch.structures, 1);
        Descriptors.close((int) fd);
        return written > 0;
    }

    /// The processes of a group, without those below it.
    public List<Integer> processes(String name) {
        List<Integer> pids = new ArrayList<>();
        for (String line : lines(path + "/" + name + "/cgroup.procs")) {
            if (!line.isEmpty() && !line.equals("0")) { // 0: not to be seen from here
                pids.add(Integer.valueOf(line));
            }
        }
        return pids;
    }

    /// Waits until nobody lives in a group, or the time is over.
    public void awaitEmpty(String name, int millis) {
        long at = NativeScratch.here().path(name + "/cgroup.events");
        long fd = SystemCalls.call(Syscall.OPENAT, directory, at, Descriptors.O_CLOEXEC, 0);
        if (fd < 0) {
            return;
        }
        ByteBuffer events = ByteBuffer.allocate(EVENTS);
        Descriptors.read((int) fd, events);
        String text = new String(events.array(), 0, events.position(), StandardCharsets.US_ASCII);
        if (text.contains("populated 1")) {
            Descriptors.awaitPriority((int) fd, millis); // a change of what was read
        }
        Descriptors.close((int) fd);
    }

    /// The groups there are.
    public List<String> names() {
        return below(path);
    }

    /// The groups in one of them.
    public List<String> names(String group) {
        return below(path.resolve(group));
    }

    /// Lets go of the directory, which is removed if there is no group left in it.
    public void close() {
        Descriptors.close(directory);
        remove(Descriptors.AT_FDCWD, path.toString());
    }

    private static List<String> below(Path group) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(group, Files::isDirectory)) {
            all.forEach(each -> names.add(each.getFileName().toString()));
        } catch (IOException | DirectoryIteratorException gone) {
            // whoever made it has removed it
        }
        return names;
    }
}
