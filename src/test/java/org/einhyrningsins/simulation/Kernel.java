// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The system calls that the manager makes, as far as it makes them: every result below zero is a
/// negative errno. What it does not know is refused with ENOSYS, and remembered.
final class Kernel {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int EBADF = 9;
    static final int ECHILD = 10;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EEXIST = 17;
    static final int EINVAL = 22;
    static final int EMFILE = 24;
    static final int ENOTTY = 25;
    static final int ENOSPC = 28;
    static final int EROFS = 30;
    static final int EPIPE = 32;
    static final int ENOSYS = 38;
    static final int EPROTOTYPE = 91;
    static final int EADDRINUSE = 98;
    static final int ECONNREFUSED = 111;

    static final int F_DUPFD_CLOEXEC = 1030;
    static final int WNOHANG = 1;
    static final int ETIMEDOUT = 110;

    private static final int SIGKILL = 9;
    private static final int TO_GROUP = 4;
    private static final int EXITED = 4;
    private static final int SIGSTOP = 19;
    private static final int SIGCONT = 18;
    private static final int SIGCHLD = 17;
    private static final int NON_BLOCKING = 0x800;
    private static final int CLOSED_ON_EXEC = 0x80000;
    private static final int MASK = 0xffff;

    /// Where a table says that its child is at work.
    private static final int AT_WORK = 28;

    private static final Map<Long, String> NAMES = names();

    private final World world;
    private final Disk disk;
    private final Map<Integer, Child> processes = new LinkedHashMap<>();
    private final Map<String, OpenFile.Bound> abstractOrInet = new HashMap<>();
    private int nextPid = 1000;

    /// Births that are held up, by the address of their tables, in the memory of this manager.
    private final Map<Long, Late> late = new HashMap<>();

    /// One that is to execute its program later, or to fail to.
    ///
    /// @param entry where its execve is
    private record Late(
            Child child, long entry, List<String> argv, Map<String, String> environment) {}

    Kernel(World world, Disk disk) {
        this.world = world;
        this.disk = disk;
    }

    /// The numbers that the manager knows calls by.
    private static Map<Long, String> names() {
        try {
            Class<?> calls = Class.forName("org.einhyrningsins.posix.kernel.Syscall");
            java.lang.reflect.Field number = calls.getDeclaredField("number");
            number.setAccessible(true);
            Map<Long, String> names = new HashMap<>();
            for (Object call : calls.getEnumConstants()) {
                names.put((long) number.getInt(call), call.toString());
            }
            return names;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    Map<Integer, Child> processes() {
        return processes;
    }

    Child newProcess(int parent, Table table) {
        Child child = new Child(nextPid++, parent, world.ticks(), table);
        processes.put(child.pid, child);
        return child;
    }

    // ---- the gate

    long call(long number, long a, long b, long c, long d) {
        String name = number > 4096 || number < 0 ? "spawn" : NAMES.getOrDefault(number, "?");
        world.before(name);
        int errno = world.fault(name, a, b, d);
        long result = errno > 0 ? -errno : perform(name, number, a, b, c, d);
        world.after();
        return result;
    }

    private long perform(String name, long number, long a, long b, long c, long d) {
        return switch (name) {
            case "spawn" -> spawn(number);
            case "GETPID" -> me().pid;
            case "GETPGID" -> {
                Child child = processes.get((int) a);
                yield child == null ? -ESRCH : child.group;
            }
            case "GETEUID", "GETEGID" -> World.USER;
            case "CLOSE" -> me().table.close((int) a) ? 0 : -EBADF;
            case "CLOSE_RANGE" -> leftAtExec((int) a, (int) c);
            case "READ" -> read((int) a, b, (int) c);
            case "WRITE" -> write(me(), (int) a, Memory.get(b, (int) c));
            case "PREAD64" -> readAt((int) a, b, (int) c, (int) d);
            case "OPENAT" -> open(from((int) a, Memory.text(b)), (int) c);
            case "FSTAT" -> stat((int) a, b);
            case "NEWFSTATAT" -> stat(resolved(from((int) a, Memory.text(b))), c);
            case "MKDIRAT" -> changed(() -> disk.makeDirectory(path(a, b)));
            case "UNLINKAT" -> unlink(from((int) a, Memory.text(b)), c != 0);
            case "LINKAT" -> changed(() -> disk.addName(path(c, d), path(a, b)));
            case "RENAMEAT2" -> changed(() -> disk.move(path(a, b), path(c, d)));
            case "CHDIR" -> 0;
            case "FLOCK" -> lock((int) a);
            case "FTRUNCATE" -> truncate((int) a, (int) b);
            case "FALLOCATE" -> reserve((int) a, (int) d);
            case "FCNTL" -> control((int) a, (int) b, c);
            case "FCHMOD", "FCHMODAT", "FCHOWN", "FCHOWNAT", "SETPRIORITY", "PRCTL" -> 0;
            case "SETSOCKOPT", "INOTIFY_RM_WATCH" -> 0;
            case "SOCKET" -> socket((int) b & 0xf, b);
            case "SOCKETPAIR" -> pair(d);
            case "BIND" -> bind((int) a, b, (int) c);
            case "LISTEN" -> listen((int) a);
            case "SHUTDOWN" -> shutdown((int) a);
            case "CONNECT" -> connect((int) a, b, (int) c);
            case "ACCEPT4" -> accept((int) a);
            case "GETSOCKNAME" -> name((int) a, b, c);
            case "GETSOCKOPT" -> option((int) a, (int) c, d);
            case "RECVMSG" -> receive((int) a, b, (int) c);
            case "RECVFROM" -> peek((int) a, b, (int) c);
            case "PIPE2" -> pipe(a);
            case "MEMFD_CREATE" -> added(new OpenFile.OnDisk(disk.make(Disk.Kind.FILE)), true);
            case "EPOLL_CREATE1" -> added(new OpenFile.Poll(disk.newInode()), true);
            case "EPOLL_CTL" -> watch((int) a, (int) b, (int) c, d);
            case "EPOLL_PWAIT2" -> await((int) a, b, (int) c, nanos(d));
            case "PPOLL" -> poll(a, c);
            case "SIGNALFD4" -> added(new OpenFile.Signals(disk.newInode()), true);
            case "RT_SIGPROCMASK" -> blocked(c);
            case "RT_SIGACTION" -> ignored(c);
            case "PRLIMIT64" -> limit(c, d);
            case "CLOCK_GETTIME" -> clock(b);
            case "PIDFD_OPEN" -> pidfd((int) a);
            case "PIDFD_SEND_SIGNAL" -> kill((int) a, (int) b, (int) d);
            case "PIDFD_GETFD" -> fetch((int) a, (int) b);
            case "KILL" -> killPid((int) a, (int) b);
            case "WAITID" -> await((int) a, (int) b, c, (int) d);
            case "IOCTL" -> told((int) a, c);
            case "INOTIFY_INIT1" -> added(new OpenFile.Watches(disk.newInode()), true);
            case "INOTIFY_ADD_WATCH" -> notice((int) a, node(Memory.text(b)));
            case "FACCESSAT2" -> disk.at(Memory.text(b)) == null ? -ENOENT : 0;
            case "FUTEX" -> awaitBirth(a, d);
            case "EXECVE" -> become(Memory.texts(b), Memory.texts(c));
            default -> {
                world.unknown(name + " " + number);
                yield -ENOSYS;
            }
        };
    }

    private Child me() {
        return world.manager();
    }

    private long leftAtExec(int first, int flags) {
        if (flags != 4) { // CLOSE_RANGE_CLOEXEC
            return -EINVAL;
        }
        me().table.all().tailMap(first, true).values().forEach(entry -> entry.closedOnExec = true);
        return 0;
    }

    private long added(OpenFile file, boolean closedOnExec) {
        int fd = me().table.add(file, 0, closedOnExec);
        return fd < 0 ? -EMFILE : fd;
    }

    // ---- files

    /// A path that begins at an open directory.
    private String from(int directory, String path) {
        if (path.startsWith("/")) {
            return path;
        }
        String at =
                me().table.get(directory) instanceof OpenFile.OnDisk file
                        ? disk.path(file.node)
                        : "";
        return (at.equals("/") ? "" : at) + "/" + path;
    }

    private Path path(long directory, long name) {
        return Path.of(from((int) directory, Memory.text(name)));
    }

    private long unlink(String path, boolean directory) {
        Disk.Node node = disk.at(path);
        if (node == null) {
            return -ENOENT;
        }
        return node.kind == Disk.Kind.DIRECTORY && !directory
                ? -21 // EISDIR
                : changed(() -> disk.delete(Path.of(path)));
    }

    private interface Change {
        void make() throws IOException;
    }

    private static long changed(Change change) {
        try {
            change.make();
            return 0;
        } catch (NoSuchFileException e) {
            return -ENOENT;
        } catch (FileAlreadyExistsException e) {
            return -EEXIST;
        } catch (DirectoryNotEmptyException e) {
            return -39;
        } catch (AccessDeniedException e) {
            return -EACCES;
        } catch (IOException e) {
            return -5; // EIO
        }
    }

    /// What a path by a descriptor of a directory means; all others stay as they are.
    String resolved(String path) {
        if (!path.startsWith("/proc/self/fd/")) {
            return path;
        }
        String[] names = path.substring(14).split("/", 2);
        return me().table.get(Integer.parseInt(names[0])) instanceof OpenFile.OnDisk file
                        && file.node.kind == Disk.Kind.DIRECTORY
                ? disk.path(file.node) + (names.length > 1 ? "/" + names[1] : "")
                : path;
    }

    private long open(String path, int flags) {
        if (path.equals("/dev/null")) {
            return added(new OpenFile.Nothing(1), true);
        }
        if (path.startsWith(
                "/proc/self/fd/")) { // a pipe opened for both ways is never told from it
            OpenFile file = me().table.get(Integer.parseInt(path.substring(14)));
            return file == null ? -ENOENT : added(file, true);
        }
        if (path.startsWith("/proc/") && path.contains("/fd/")) {
            return reopen(path.split("/", -1));
        }
        if (path.startsWith("/proc/")) {
            byte[] made = made(path);
            if (made == null) {
                return -ENOENT;
            }
            Disk.Node node = new Disk.Node(Disk.Kind.FILE, 2, 0);
            node.content = made;
            return added(new OpenFile.OnDisk(node), true);
        }
        Disk.Node node = disk.at(path);
        boolean create = (flags & 0x40) != 0;
        if (create && disk.readOnly) {
            world.refused();
            return -EROFS;
        }
        if (node != null && create && (flags & 0x80) != 0) {
            return -EEXIST;
        }
        if (node == null && create) {
            node = disk.make(Disk.Kind.FILE);
            disk.put(path, node);
        }
        if (node != null && node.kind != Disk.Kind.DIRECTORY && (flags & 0x10000) != 0) {
            return -20; // ENOTDIR
        }
        return node == null ? -ENOENT : added(new OpenFile.OnDisk(node), true);
    }

    /// The reader's end of a pipe that a worker writes to.
    private long reopen(String[] path) {
        Child child = process(path[2]);
        OpenFile file = child == null ? null : child.table.get(Integer.parseInt(path[4]));
        if (!(file instanceof OpenFile.PipeEnd writes) || writes.reads) {
            return -ENOENT;
        }
        OpenFile.PipeEnd reads =
                new OpenFile.PipeEnd(disk.newInode(), writes.pipe, true, writes.content);
        reads.other = writes;
        writes.other = reads;
        return added(reads, true);
    }

    private long read(int fd, long at, int length) {
        OpenFile file = me().table.get(fd);
        byte[] bytes =
                switch (file) {
                    case OpenFile.OnDisk disk -> {
                        byte[] all = disk.node.content;
                        int end = Math.min(all.length, disk.offset + length);
                        byte[] some = Arrays.copyOfRange(all, Math.min(disk.offset, end), end);
                        disk.offset = end;
                        yield some;
                    }
                    case OpenFile.Stream stream -> stream.read(length);
                    case OpenFile.PipeEnd pipe -> read(pipe, length);
                    case OpenFile.Signals signals -> signal(signals);
                    case OpenFile.Watches watches -> notice(watches);
                    case null, default -> new byte[0];
                };
        if (file == null) {
            return -EBADF;
        }
        if (bytes == null) {
            return -EAGAIN;
        }
        Memory.put(at, bytes);
        return bytes.length;
    }

    private static byte @Nullable [] read(OpenFile.PipeEnd pipe, int length) {
        if (pipe.content.size() == 0) {
            return pipe.other == null || pipe.other.holders == 0 ? new byte[0] : null;
        }
        byte[] all = pipe.content.toByteArray();
        byte[] some = Arrays.copyOf(all, Math.min(all.length, length));
        pipe.content.reset();
        pipe.content.write(all, some.length, all.length - some.length);
        return some;
    }

    private static byte @Nullable [] signal(OpenFile.Signals signals) {
        int[] next = signals.pending.poll();
        if (next == null) {
            return null;
        }
        byte[] info = new byte[128];
        info[0] = (byte) next[0];
        for (int i = 0; i < 4; i++) {
            info[12 + i] = (byte) (next[1] >> (8 * i));
        }
        return info;
    }

    private static byte @Nullable [] notice(OpenFile.Watches watches) {
        int[] next = watches.events.poll();
        if (next == null) {
            return null;
        }
        byte[] event = new byte[16];
        event[0] = (byte) next[0];
        event[5] = (byte) (next[1] >> 8);
        event[4] = (byte) next[1];
        return event;
    }

    private long write(Child by, int fd, byte[] bytes) {
        OpenFile file = by.table.get(fd);
        return switch (file) {
            case OpenFile.Ear ignored -> {
                world.said(new String(bytes, StandardCharsets.UTF_8));
                yield bytes.length;
            }
            case OpenFile.Stream stream -> {
                int count = stream.write(bytes);
                yield count == -1 ? -EPIPE : count == -2 ? -EAGAIN : count;
            }
            case OpenFile.OnDisk to -> {
                if (disk.full && to.node.content.length + bytes.length > to.node.reserved) {
                    world.refused();
                    yield -ENOSPC;
                }
                int length = to.node.content.length;
                to.node.content = Arrays.copyOf(to.node.content, length + bytes.length);
                System.arraycopy(bytes, 0, to.node.content, length, bytes.length);
                yield bytes.length;
            }
            case OpenFile.PipeEnd pipe -> {
                if (pipe.other == null || pipe.other.holders == 0) {
                    yield -EPIPE;
                }
                pipe.content.writeBytes(bytes);
                yield bytes.length;
            }
            case OpenFile.Nothing ignored -> bytes.length;
            case null -> -EBADF;
            default -> -EINVAL;
        };
    }

    private long readAt(int fd, long at, int length, int offset) {
        if (me().table.get(fd) instanceof OpenFile.OnDisk file) {
            byte[] all = file.node.content;
            int end = Math.min(all.length, offset + length);
            byte[] some = Arrays.copyOfRange(all, Math.min(offset, end), end);
            Memory.put(at, some);
            return some.length;
        }
        return -EBADF;
    }

    private long stat(int fd, long at) {
        OpenFile file = me().table.get(fd);
        if (file == null) {
            return -EBADF;
        }
        Memory.putLong(at, 7);
        Memory.putLong(at + 8, file instanceof OpenFile.PipeEnd pipe ? pipe.pipe : file.inode);
        Memory.putLong(at + 16, 1);
        Memory.putInt(at + 24, mode(file));
        Memory.putInt(at + 28, file instanceof OpenFile.OnDisk d ? d.node.uid : World.USER);
        Memory.putLong(at + 48, file instanceof OpenFile.OnDisk d ? d.node.content.length : 0);
        return 0;
    }

    private long stat(String path, long at) {
        Disk.Node node = disk.at(path);
        if (node == null) {
            return -ENOENT;
        }
        Memory.putLong(at, 7);
        Memory.putLong(at + 8, node.inode);
        Memory.putLong(at + 16, 1);
        Memory.putInt(at + 24, mode(node));
        Memory.putInt(at + 28, node.uid);
        Memory.putInt(at + 32, 0);
        Memory.putLong(at + 48, node.content.length);
        return 0;
    }

    private static int mode(Disk.Node node) {
        return switch (node.kind) {
            case DIRECTORY -> 0040700;
            case SOCKET -> 0140600;
            default -> 0100600;
        };
    }

    private static int mode(OpenFile file) {
        return switch (file) {
            case OpenFile.OnDisk d -> mode(d.node);
            case OpenFile.PipeEnd ignored -> 0010600;
            default -> 0140600;
        };
    }

    private long lock(int fd) {
        if (me().table.get(fd) instanceof OpenFile.OnDisk file) {
            if (file.node.locked) {
                return -EAGAIN;
            }
            file.node.locked = true;
            return 0;
        }
        return -EBADF;
    }

    private long truncate(int fd, int length) {
        if (me().table.get(fd) instanceof OpenFile.OnDisk file) {
            file.node.content = Arrays.copyOf(file.node.content, length);
            file.node.reserved = 0;
            return 0;
        }
        return -EBADF;
    }

    /// From its beginning, as much as it has not yet.
    private long reserve(int fd, int bytes) {
        if (me().table.get(fd) instanceof OpenFile.OnDisk file) {
            int has = Math.max(file.node.reserved, file.node.content.length);
            if (disk.full && bytes > has) {
                world.refused();
                return -ENOSPC;
            }
            file.node.reserved = Math.max(has, bytes);
            return 0;
        }
        return -EBADF;
    }

    private long control(int fd, int what, long argument) {
        Table.Entry entry = me().table.entry(fd);
        if (entry == null) {
            return -EBADF;
        }
        return switch (what) {
            case F_DUPFD_CLOEXEC -> {
                int copy = me().table.add(entry.file, (int) argument, true);
                yield copy < 0 ? -EMFILE : copy;
            }
            case 2 -> { // F_SETFD
                entry.closedOnExec = argument == 1;
                yield 0;
            }
            case 3 -> entry.file.nonBlocking ? NON_BLOCKING : 0;
            case 4 -> {
                entry.file.nonBlocking = (argument & NON_BLOCKING) != 0;
                yield 0;
            }
            default -> 0;
        };
    }

    // ---- sockets

    private long socket(int type, long flags) {
        OpenFile.Bound bound = new OpenFile.Bound(disk.newInode(), type, world);
        bound.nonBlocking = (flags & NON_BLOCKING) != 0;
        return added(bound, (flags & CLOSED_ON_EXEC) != 0);
    }

    private static String text(byte[] address) {
        int family = address[0] & 0xff;
        if (family == 1) {
            String name = new String(address, 2, address.length - 2, StandardCharsets.UTF_8);
            return name.startsWith("\0") ? "@" + name.substring(1) : name.replace("\0", "");
        }
        return "127.0.0.1:" + (((address[2] & 0xff) << 8) | (address[3] & 0xff));
    }

    private long bind(int fd, long at, int length) {
        if (!(me().table.get(fd) instanceof OpenFile.Bound bound)) {
            return -EBADF;
        }
        byte[] address = Memory.get(at, length);
        String name = text(address);
        if (name.startsWith("/")) {
            if (disk.at(name) != null) {
                return -EADDRINUSE;
            }
            if (disk.at(name.substring(0, Math.max(1, name.lastIndexOf('/')))) == null) {
                return -ENOENT;
            }
            Disk.Node node = disk.make(Disk.Kind.SOCKET);
            node.socket = bound;
            disk.put(name, node);
        } else if (abstractOrInet.putIfAbsent(name, bound) != null) {
            return -EADDRINUSE;
        }
        bound.address = address;
        bound.name = name;
        return 0;
    }

    void unbound(OpenFile.Bound bound, String name) {
        abstractOrInet.remove(name, bound);
    }

    OpenFile.@Nullable Bound holder(String name) {
        if (name.startsWith("/")) {
            Disk.Node node = disk.at(name);
            return node != null && node.socket instanceof OpenFile.Bound bound && bound.holders > 0
                    ? bound
                    : null;
        }
        return abstractOrInet.get(name);
    }

    private long listen(int fd) {
        if (me().table.get(fd) instanceof OpenFile.Bound bound) {
            bound.listening = true;
            return 0;
        }
        return -EBADF;
    }

    /// Of a listener: it keeps its address.
    private long shutdown(int fd) {
        if (me().table.get(fd) instanceof OpenFile.Bound bound) {
            bound.listening = false;
            bound.waiting.forEach(OpenFile.Stream::released);
            bound.waiting.clear();
            return 0;
        }
        return -EBADF;
    }

    private long connect(int fd, long at, int length) {
        if (!(me().table.get(fd) instanceof OpenFile.Bound from)) {
            return -EBADF;
        }
        String name = text(Memory.get(at, length));
        if (name.startsWith("/") && disk.at(name) == null) {
            return -ENOENT;
        }
        OpenFile.Bound to = holder(name);
        if (to == null || (to.type == 1 && !to.listening)) {
            return -ECONNREFUSED;
        }
        if (to.type != from.type) {
            return -EPROTOTYPE;
        }
        if (to.type == 1) {
            OpenFile.Stream end = connected(to, me().pid);
            end.released(); // whoever asks hangs up at once
        }
        return 0;
    }

    /// A connection that waits to be accepted.
    ///
    /// @return the other end
    OpenFile.Stream connected(OpenFile.Bound to, int pid) {
        OpenFile.Stream theirs = new OpenFile.Stream(disk.newInode(), pid);
        OpenFile.Stream ours = new OpenFile.Stream(disk.newInode(), pid);
        theirs.other = ours;
        ours.other = theirs;
        to.waiting.add(ours);
        return theirs;
    }

    private long accept(int fd) {
        if (!(me().table.get(fd) instanceof OpenFile.Bound bound)) {
            return -EBADF;
        }
        if (bound.waiting.isEmpty()) {
            return -EAGAIN;
        }
        if (me().table.all().size() >= me().table.limit) {
            return -EMFILE;
        }
        return added(bound.waiting.remove(), true);
    }

    private long pair(long at) {
        OpenFile.Stream one = new OpenFile.Stream(disk.newInode(), me().pid);
        OpenFile.Stream two = new OpenFile.Stream(disk.newInode(), me().pid);
        one.other = two;
        two.other = one;
        return both(one, two, at);
    }

    private long both(OpenFile one, OpenFile two, long at) {
        int first = me().table.add(one, 0, true);
        if (first < 0) {
            return -EMFILE;
        }
        int second = me().table.add(two, 0, true);
        if (second < 0) {
            me().table.close(first);
            return -EMFILE;
        }
        Memory.putInt(at, first);
        Memory.putInt(at + 4, second);
        return 0;
    }

    private long pipe(long at) {
        ByteArrayOutputStream content = new ByteArrayOutputStream(0);
        long pipe = disk.newInode();
        OpenFile.PipeEnd reads = new OpenFile.PipeEnd(disk.newInode(), pipe, true, content);
        OpenFile.PipeEnd writes = new OpenFile.PipeEnd(disk.newInode(), pipe, false, content);
        reads.other = writes;
        writes.other = reads;
        return both(reads, writes, at);
    }

    private long name(int fd, long at, long lengthAt) {
        if (me().table.get(fd) instanceof OpenFile.Bound bound) {
            Memory.put(at, bound.address);
            Memory.putInt(lengthAt, bound.address.length);
            return 0;
        }
        return -EBADF;
    }

    private long option(int fd, int option, long at) {
        OpenFile file = me().table.get(fd);
        switch (option) {
            case 17 -> { // SO_PEERCRED
                Memory.putInt(at, file instanceof OpenFile.Stream stream ? stream.pid : me().pid);
                Memory.putInt(at + 4, World.USER);
                Memory.putInt(at + 8, World.USER);
            }
            case 30 ->
                    Memory.putInt(
                            at, file instanceof OpenFile.Bound bound && bound.listening ? 1 : 0);
            default -> Memory.putInt(at, 0);
        }
        return file == null ? -EBADF : 0;
    }

    private long peek(int fd, long at, int length) {
        if (me().table.get(fd) instanceof OpenFile.Bound bound) { // takes a datagram away
            return bound.messages.poll() == null ? -EAGAIN : 0;
        }
        if (!(me().table.get(fd) instanceof OpenFile.Stream stream)) {
            return -EBADF;
        }
        byte[] bytes = stream.peek(length);
        if (bytes == null) {
            return -EAGAIN;
        }
        Memory.put(at, bytes);
        return bytes.length;
    }

    private long receive(int fd, long header, int flags) {
        if (!(me().table.get(fd) instanceof OpenFile.Bound bound)) {
            return -EBADF;
        }
        boolean peek = (flags & 2) != 0; // MSG_PEEK
        OpenFile.Message message = peek ? bound.messages.peek() : bound.messages.poll();
        if (message == null) {
            return -EAGAIN;
        }
        long buffer = Memory.getLong(header + 16);
        Memory.put(Memory.getLong(buffer), message.text());
        long control = Memory.getLong(header + 32);
        Memory.putLong(control, 28);
        Memory.putInt(control + 8, 1);
        Memory.putInt(control + 12, 2);
        Memory.putInt(control + 16, message.pid());
        Memory.putInt(control + 20, World.USER);
        Memory.putInt(control + 24, World.USER);
        Memory.putLong(header + 40, 32);
        Memory.putInt(header + 48, 0);
        return message.text().length;
    }

    // ---- waiting

    private long watch(int pollFd, int operation, int fd, long event) {
        OpenFile file = me().table.get(fd);
        if (!(me().table.get(pollFd) instanceof OpenFile.Poll poll) || file == null) {
            return -EBADF;
        }
        if (file instanceof OpenFile.OnDisk) {
            return -EPERM;
        }
        OpenFile.Poll.Key key = new OpenFile.Poll.Key(fd, file);
        if (operation == 2) {
            return poll.watches.remove(key) == null ? -ENOENT : 0;
        }
        if (operation == 1 && poll.watches.containsKey(key)) {
            return -EEXIST;
        }
        if (operation == 3 && !poll.watches.containsKey(key)) {
            return -ENOENT;
        }
        long token = Memory.getLong(event + World.EVENT - Long.BYTES);
        poll.watches.put(key, new OpenFile.Poll.Watch(Memory.getInt(event), token));
        return 0;
    }

    private static long nanos(long at) {
        return at == 0 ? -1 : Memory.getLong(at) * 1_000_000_000 + Memory.getLong(at + 8);
    }

    private long await(int fd, long events, int most, long timeout) {
        if (!(me().table.get(fd) instanceof OpenFile.Poll poll)) {
            return -EBADF;
        }
        world.promises().waits();
        int count = await(poll, events, most, timeout);
        world.promises().wakes();
        return count;
    }

    private int await(OpenFile.Poll poll, long events, int most, long timeout) {
        long until = timeout < 0 ? Long.MAX_VALUE : world.nanosNow() + timeout;
        while (true) {
            int count = report(poll, events, most);
            if (count > 0) {
                return count;
            }
            if (!world.passes(until)) {
                return 0;
            }
        }
    }

    /// In any order.
    private int report(OpenFile.Poll poll, long events, int most) {
        poll.watches.keySet().removeIf(key -> key.file().holders == 0);
        List<OpenFile.Poll.Key> ready = new ArrayList<>();
        poll.watches.forEach(
                (key, watch) -> {
                    int wanted = (watch.interest() & MASK) | OpenFile.ERR | OpenFile.HUP;
                    if ((key.file().ready() & wanted) != 0) {
                        ready.add(key);
                    }
                });
        world.shuffle(ready);
        int count = Math.min(most, ready.size());
        for (int i = 0; i < count; i++) {
            OpenFile.Poll.Key key = ready.get(i);
            OpenFile.Poll.Watch watch = poll.watches.get(key);
            if (watch != null) {
                int wanted = (watch.interest() & MASK) | OpenFile.ERR | OpenFile.HUP;
                Memory.putInt(events + (long) i * World.EVENT, key.file().ready() & wanted);
                Memory.putLong(events + (long) (i + 1) * World.EVENT - Long.BYTES, watch.token());
            }
        }
        return count;
    }

    private long poll(long at, long time) {
        OpenFile file = me().table.get(Memory.getInt(at));
        int wanted = Memory.getInt(at + 4) & MASK;
        long until = world.nanosNow() + Math.max(0, nanos(time));
        while (file != null) {
            if ((file.ready() & (wanted | OpenFile.ERR | OpenFile.HUP)) != 0) {
                return 1;
            }
            if (!world.passes(until)) {
                return 0;
            }
        }
        return 1;
    }

    private long blocked(long at) {
        if (at != 0) {
            Memory.putLong(at, -1);
        }
        return 0;
    }

    private long ignored(long at) {
        if (at != 0) {
            Memory.putLong(at, 0);
        }
        return 0;
    }

    private long limit(long wanted, long old) {
        if (old != 0) {
            Memory.putLong(old, me().table.limit);
            Memory.putLong(old + 8, 4096);
        }
        if (wanted != 0) {
            me().table.limit = (int) Memory.getLong(wanted);
        }
        return 0;
    }

    private long clock(long at) {
        Memory.putLong(at, world.sinceBoot() / 1_000_000_000);
        Memory.putLong(at + 8, world.sinceBoot() % 1_000_000_000);
        return 0;
    }

    private Disk.@Nullable Node node(String path) {
        return path.startsWith("/proc/self/fd/")
                        && me().table.get(Integer.parseInt(path.substring(14)))
                                instanceof OpenFile.OnDisk file
                ? file.node
                : disk.at(path);
    }

    private long notice(int fd, Disk.@Nullable Node node) {
        if (node == null) {
            return -ENOENT;
        }
        if (me().table.get(fd) instanceof OpenFile.Watches watches) {
            watches.watched.put(++watches.last, node);
            return watches.last;
        }
        return -EBADF;
    }

    /// A file has lost its name.
    void unlinked(Disk.Node node) {
        noticed(node, 0x4);
    }

    /// A directory has lost a file.
    void emptied(Disk.Node directory) {
        noticed(directory, 0x200);
    }

    private void noticed(Disk.Node node, int what) {
        Child manager = world.managerOrNull();
        if (manager == null) {
            return;
        }
        for (Table.Entry entry : manager.table.all().values()) {
            if (entry.file instanceof OpenFile.Watches watches) {
                watches.watched.forEach(
                        (watch, watched) -> {
                            if (watched == node) {
                                watches.events.add(new int[] {watch, what});
                            }
                        });
            }
        }
    }

    // ---- processes

    private long pidfd(int pid) {
        Child child = processes.get(pid);
        return child == null ? -ESRCH : added(new OpenFile.PidFd(disk.newInode(), child), true);
    }

    private @Nullable Child behind(int pidfd) {
        return me().table.get(pidfd) instanceof OpenFile.PidFd file ? file.child : null;
    }

    private long kill(int pidfd, int signal, int flags) {
        Child child = behind(pidfd);
        if (child == null) {
            return -EBADF;
        }
        if (flags == TO_GROUP) {
            return world.newKernel() ? killPid(-child.pid, signal) : -EINVAL;
        }
        if (child.reaped) {
            return -ESRCH;
        }
        deliver(child, signal);
        return 0;
    }

    private long killPid(int pid, int signal) {
        if (pid > 0) {
            Child child = processes.get(pid);
            if (child == null) {
                return -ESRCH;
            }
            deliver(child, signal);
            return 0;
        }
        boolean some = false;
        for (Child child : List.copyOf(processes.values())) {
            if (child.group == -pid) {
                some = true;
                deliver(child, signal);
            }
        }
        return some ? 0 : -ESRCH;
    }

    /// Sends a signal to a process that may be dead.
    void deliver(Child child, int signal) {
        if (child.dead) {
            return;
        }
        world.trace("  signal %d to %d (%s)", signal, child.pid, child.mark());
        switch (signal) {
            case 0 -> {}
            case SIGKILL -> dies(child, 0, SIGKILL);
            case SIGSTOP -> suspends(child, true);
            case SIGCONT -> suspends(child, false);
            default -> {
                if (child.actor != null) {
                    child.actor.signal(signal);
                }
            }
        }
    }

    /// A process is stopped by a signal, or goes on.
    void suspends(Child child, boolean stopped) {
        if (child.dead || child.stopped == stopped) {
            return;
        }
        child.stopped = stopped;
        child.changed = true;
        Child manager = world.managerOrNull();
        if (manager != null && child.parent == manager.pid) {
            signalManager(SIGCHLD, child.pid);
        }
    }

    private long awaitChange(long info) {
        for (Child each : processes.values()) {
            if (each.parent == me().pid && each.changed && !each.dead) {
                each.changed = false;
                Memory.putInt(info, SIGCHLD);
                Memory.putInt(info + 8, each.stopped ? 5 : 6);
                Memory.putInt(info + 16, each.pid);
                Memory.putInt(info + 24, each.stopped ? SIGSTOP : SIGCONT);
                return 0;
            }
        }
        return 0;
    }

    /// A process ends.
    void dies(Child child, int code, int signal) {
        if (child.dead) {
            return;
        }
        world.trace("  %d (%s) ends: %d/%d", child.pid, child.mark(), code, signal);
        leavesTheTable(child);
        child.dead = true;
        child.exitCode = code;
        child.exitSignal = signal;
        Child manager = world.managerOrNull();
        int heir = manager == null ? 1 : manager.pid;
        for (Child each : List.copyOf(processes.values())) {
            if (each.parent == child.pid) {
                each.parent = heir;
                each.orphan = true;
                if (heir == 1 && each.dead) {
                    reap(each);
                }
            }
        }
        child.table.closeAll();
        if (child.parent == 1 || (child.forked && !child.orphan)) {
            reap(child);
        } else if (manager != null && child.parent == manager.pid) {
            signalManager(SIGCHLD, child.pid);
        }
        world.promises().died(child);
        if (!child.forked && !child.mark().isEmpty()) {
            endsWith(child);
        }
    }

    /// What a worker leaves behind that was given to PID 1, since there was no manager, is found by
    /// its control group; there are none here.
    private void endsWith(Child worker) {
        for (Child each : List.copyOf(processes.values())) {
            if (each.forked && each.parent == 1 && each.mark().equals(worker.mark())) {
                dies(each, 0, SIGKILL);
            }
        }
    }

    void signalManager(int signal, int sender) {
        Child manager = world.managerOrNull();
        if (manager == null) {
            return;
        }
        for (Table.Entry entry : manager.table.all().values()) {
            if (entry.file instanceof OpenFile.Signals signals) {
                boolean known = signals.pending.stream().anyMatch(each -> each[0] == signal);
                if (!known) {
                    signals.pending.add(new int[] {signal, sender});
                }
            }
        }
    }

    private void reap(Child child) {
        child.reaped = true;
        processes.remove(child.pid);
    }

    private long await(int type, int id, long info, int options) {
        if ((options & EXITED) == 0) {
            return awaitChange(info);
        }
        Child child = null;
        if (type == 0) {
            for (Child each : processes.values()) {
                if (each.parent == me().pid && each.dead) {
                    child = each;
                    break;
                }
            }
        } else {
            child = type == 1 ? processes.get(id) : behind(id);
            if (child == null || child.reaped || child.parent != me().pid) {
                return -ECHILD;
            }
        }
        if (child == null || !child.dead) {
            return 0;
        }
        Memory.putInt(info, SIGCHLD);
        Memory.putInt(info + 8, child.exitSignal == 0 ? 1 : 2);
        Memory.putInt(info + 16, child.pid);
        Memory.putInt(info + 24, child.exitSignal == 0 ? child.exitCode : child.exitSignal);
        if ((options & 0x01000000) == 0) {
            reap(child);
        }
        return 0;
    }

    private long told(int pidfd, long at) {
        Child child = behind(pidfd);
        if (child == null || !world.newKernel()) {
            return -ENOTTY;
        }
        if (!child.reaped) {
            Memory.putLong(at, 0);
            return 0;
        }
        Memory.putLong(at, 8);
        Memory.putInt(at + 60, (child.exitCode << 8) | child.exitSignal);
        return 0;
    }

    private long fetch(int pidfd, int number) {
        Child child = behind(pidfd);
        if (child == null || child.dead) {
            return -ESRCH;
        }
        OpenFile file = child.table.get(number);
        return file == null ? -EBADF : added(file, true);
    }

    private long become(List<String> argv, List<String> environment) {
        Child me = me();
        me.argv = argv;
        me.environment = map(environment);
        me.table.closeForExec();
        late.clear();
        world.becomes();
        throw new Killed();
    }

    private static Map<String, String> map(List<String> environment) {
        Map<String, String> map = new HashMap<>();
        for (String each : environment) {
            int at = each.indexOf('=');
            map.put(each.substring(0, at), each.substring(at + 1));
        }
        return map;
    }

    // ---- births: see src/main/asm/child-x86_64.s

    private long spawn(long table) {
        Child child = newProcess(me().pid, me().table.copy());
        OpenFile.PidFd file = new OpenFile.PidFd(disk.newInode(), child);
        int pidfd = me().table.add(file, 0, true);
        if (pidfd < 0) {
            child.table.closeAll();
            processes.remove(child.pid);
            return -EMFILE;
        }
        Memory.putInt(table + 24, pidfd);
        Memory.putInt(table + AT_WORK, -1);
        for (long entry = table + 64; !child.executed; entry += 64) {
            if (name(entry).equals("EXECVE") && isHeldUp(entry)) {
                holdUp(child, table, entry);
                return child.pid;
            }
            long errno = world.faultOfChild(name(entry));
            long result = errno > 0 ? -errno : step(child, entry);
            if (result < 0 && -result != Memory.getLong(entry + 56)) {
                Memory.putLong(table, -result);
                Memory.putLong(table + 8, entry);
                Memory.putInt(table + AT_WORK, 0);
                dies(child, 127, 0);
                return child.pid;
            }
        }
        Memory.putInt(table + AT_WORK, 0);
        world.born(child);
        return child.pid;
    }

    /// Whether whoever owns the file of a worker's program makes the kernel wait.
    private boolean isHeldUp(long entry) {
        String mark = map(Memory.texts(Memory.getLong(entry + 24))).getOrDefault(Child.MARK, "");
        return !mark.isEmpty() && !mark.startsWith("bystander") && world.holdsUp();
    }

    private void holdUp(Child child, long table, long entry) {
        List<String> argv = Memory.texts(Memory.getLong(entry + 16));
        Map<String, String> environment = map(Memory.texts(Memory.getLong(entry + 24)));
        Late one = new Late(child, entry, argv, environment);
        late.put(table, one);
        long time = world.random().nextLong(world.chance(25) ? 20 * World.SECOND : World.SECOND);
        world.after(time, () -> goesOn(table, one, world.chance(30)));
    }

    /// A manager that has ended since, or became another program, has no such memory any more.
    private void goesOn(long table, Late one, boolean fails) {
        boolean known = one.equals(late.get(table));
        Child child = one.child();
        if (child.dead || child.executed) {
            return;
        }
        if (fails && known) {
            Memory.putLong(table, ENOENT);
            Memory.putLong(table + 8, one.entry());
        }
        if (fails) {
            dies(child, 127, 0);
            return;
        }
        late.remove(table, one);
        if (known) {
            Memory.putInt(table + AT_WORK, 0);
        }
        child.argv = one.argv();
        child.environment = one.environment();
        child.table.closeForExec();
        child.executed = true;
        world.born(child);
    }

    /// It shares the manager's memory no longer.
    private void leavesTheTable(Child child) {
        for (Map.Entry<Long, Late> each : List.copyOf(late.entrySet())) {
            if (each.getValue().child() == child) {
                late.remove(each.getKey());
                Memory.putInt(each.getKey() + AT_WORK, 0);
            }
        }
    }

    /// Who waits as long as it takes has it at once.
    private long awaitBirth(long word, long time) {
        Late one = late.get(word - AT_WORK);
        if (one == null) {
            return -EAGAIN;
        }
        if (time != 0) {
            return -ETIMEDOUT;
        }
        goesOn(word - AT_WORK, one, false);
        return 0;
    }

    private static String name(long entry) {
        long number = Memory.getLong(entry);
        return number < 0 ? "PID" : NAMES.getOrDefault(number, "?");
    }

    private long step(Child child, long entry) {
        long a = Memory.getLong(entry + 8);
        long b = Memory.getLong(entry + 16);
        long c = Memory.getLong(entry + 24);
        return switch (name(entry)) {
            case "PID" -> {
                String digits = child.pid + "\0";
                Memory.put(a, digits.getBytes(StandardCharsets.US_ASCII));
                yield 0;
            }
            case "WRITE" -> write(child, (int) a, Memory.get(b, (int) c));
            case "DUP3" -> {
                OpenFile from = child.table.get((int) a);
                if (from == null) {
                    yield -EBADF;
                }
                child.table.put((int) b, from, false);
                yield b;
            }
            case "FCNTL" -> {
                Table.Entry kept = child.table.entry((int) a);
                if (kept == null) {
                    yield -EBADF;
                }
                kept.closedOnExec = false;
                yield 0;
            }
            case "CLOSE_RANGE" -> {
                for (int fd : List.copyOf(child.table.all().keySet())) {
                    if (fd >= a && fd <= b) {
                        child.table.close(fd);
                    }
                }
                yield 0;
            }
            case "CHDIR" -> {
                String path = Memory.text(a);
                yield path.startsWith("/") && disk.at(path) == null ? -ENOENT : 0;
            }
            case "EXECVE" -> {
                if (disk.at(Memory.text(a)) == null) {
                    yield -ENOENT;
                }
                child.argv = Memory.texts(b);
                child.environment = map(Memory.texts(c));
                child.table.closeForExec();
                child.executed = true;
                yield 0;
            }
            default -> 0;
        };
    }

    /// A process that another one makes, in a group of its own.
    Child forked(Child from) {
        Child child = newProcess(from.pid, from.table.copy());
        child.argv = from.argv;
        child.environment = from.environment;
        child.executed = true;
        child.forked = true;
        return child;
    }

    // ---- /proc

    byte @Nullable [] made(String path) {
        if (path.equals("/proc/sys/kernel/random/boot_id")) {
            return "5b9c7a2e-boot\n".getBytes(StandardCharsets.US_ASCII);
        }
        String[] parts = path.split("/", -1); // "", proc, PID, …
        Child child = process(parts[2]);
        if (child == null) {
            return null;
        }
        String text =
                switch (String.join("/", Arrays.asList(parts).subList(3, parts.length))) {
                    case "stat" -> stat(child);
                    case "environ" -> environ(child);
                    case "status" -> status(child);
                    case String task when task.endsWith("/children") -> children(child);
                    case String open when open.startsWith("fdinfo/") -> flags(child, open);
                    default -> null;
                };
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private @Nullable Child process(String name) {
        if (name.equals("self")) {
            return me();
        }
        return name.matches("\\d+") ? processes.get(Integer.parseInt(name)) : null;
    }

    private static String stat(Child child) {
        String state = child.dead ? "Z" : child.stopped ? "T" : "S";
        return child.pid
                + (child.executed ? " (worker) " : " (einhyrn-birth) ")
                + state
                + " "
                + child.parent
                + " "
                + child.group
                + " 0".repeat(16)
                + " "
                + child.startTicks
                + " 0\n";
    }

    private static String status(Child child) {
        String state = child.dead ? "Z (zombie)" : child.stopped ? "T (stopped)" : "S (sleeping)";
        return "Name:\t"
                + (child.executed ? "worker" : "einhyrn-birth")
                + "\nState:\t"
                + state
                + "\nPPid:\t"
                + child.parent
                + "\nUid:\t"
                + World.USER
                + "\t0\t0\t0\nThreads:\t1\n";
    }

    private static @Nullable String environ(Child child) {
        if (child.dead) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        child.environment.forEach((name, value) -> text.append(name + "=" + value + "\0"));
        return text.toString();
    }

    /// The pipes that workers write to are open for both ways.
    private static @Nullable String flags(Child child, String open) {
        OpenFile file = child.table.get(Integer.parseInt(open.substring(7)));
        return file == null ? null : "pos:\t0\nflags:\t0100002\n";
    }

    /// Of the manager only those that it was given: what it spawns is another thread's.
    private String children(Child child) {
        StringBuilder text = new StringBuilder();
        for (Child each : processes.values()) {
            if (each.parent == child.pid && (each.orphan || child != me())) {
                text.append(each.pid).append(' ');
            }
        }
        return text.toString();
    }

    List<String> listing(String path) throws java.nio.file.NoSuchFileException {
        String[] parts = path.split("/", -1);
        if (parts.length == 2) { // "", proc
            return processes.keySet().stream().map(String::valueOf).toList();
        }
        Child child = process(parts[2]);
        if (child == null || child.dead) {
            throw new java.nio.file.NoSuchFileException(path);
        }
        return switch (parts[3]) {
            case "fd" -> child.table.all().keySet().stream().map(String::valueOf).toList();
            case "task" -> List.of(parts[2]);
            default -> List.of();
        };
    }

    @Nullable String link(String path) {
        if (path.equals("/proc/self/ns/pid")) {
            return "pid:[1]";
        }
        String[] parts = path.split("/", -1);
        Child child = parts.length == 5 ? process(parts[2]) : null;
        OpenFile file = child == null ? null : child.table.get(Integer.parseInt(parts[4]));
        if (file == null) {
            return null;
        }
        return switch (file) {
            case OpenFile.Bound bound -> "socket:[" + bound.inode + "]";
            case OpenFile.Stream stream -> "socket:[" + stream.inode + "]";
            case OpenFile.PipeEnd pipe -> "pipe:[" + pipe.pipe + "]";
            default -> "/dev/other";
        };
    }

    /// The manager is no more: what it has is closed, its children are given to PID 1.
    void ends(Child manager) {
        late.clear();
        manager.dead = true;
        manager.table.closeAll();
        processes.remove(manager.pid);
        for (Child each : List.copyOf(processes.values())) {
            if (each.parent == manager.pid && each.forked && world.promises().isGone(each)) {
                dies(each, 0, SIGKILL);
            }
        }
        for (Child each : List.copyOf(processes.values())) {
            if (each.parent == manager.pid) {
                each.parent = 1;
                each.orphan = true;
                if (each.dead) {
                    reap(each);
                }
            }
        }
    }
}
