// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.Invoker;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadPoolExecutor;

/// What the manager calls instead of the machine: see [Redirection]. Names and arguments are those
/// of the methods that they stand for; an instance method's receiver is the first argument.
public final class Seam {
    private Seam() {}

    private static @Nullable World world;

    static void lead(@Nullable World to) {
        world = to;
    }

    private static World world() {
        World here = world;
        if (here == null) {
            throw new IllegalStateException("no world");
        }
        return here;
    }

    // ---- jffi

    public static long invokeL6NoErrno(
            Invoker invoker,
            CallContext context,
            long function,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f) {
        World here = world; // a class is being initialized before there is one
        return here == null ? -Kernel.EMFILE : here.kernel().call(a, b, c, d, e);
    }

    // ---- accounts

    public static Optional<String> userName(int uid) {
        return Optional.of("user" + uid);
    }

    // ---- threads

    /// What is left to another thread is done at once.
    public static void execute(ThreadPoolExecutor threads, Runnable deed) {
        deed.run();
    }

    // ---- System, ByteBuffer

    /// In place of the field.
    public static PrintStream err() {
        return world().err();
    }

    public static long nanoTime() {
        return world().nanos();
    }

    public static long currentTimeMillis() {
        return world().wallMillis();
    }

    public static Map<String, String> getenv() {
        return world().environment();
    }

    public static @Nullable String getenv(String name) {
        return world().environment().get(name);
    }

    public static ByteBuffer allocateDirect(int bytes) {
        World here = world;
        return here == null ? ByteBuffer.allocateDirect(bytes) : here.allocateDirect(bytes);
    }

    // ---- Files

    public static boolean exists(Path path, LinkOption... options) {
        return world().disk().find(path) != null;
    }

    public static boolean notExists(Path path, LinkOption... options) {
        return !exists(path, options);
    }

    public static boolean isDirectory(Path path, LinkOption... options) {
        Disk.Node node = world().disk().find(path);
        return node != null && node.kind == Disk.Kind.DIRECTORY;
    }

    public static boolean isRegularFile(Path path, LinkOption... options) {
        Disk.Node node = world().disk().find(path);
        return node != null && node.kind == Disk.Kind.FILE;
    }

    public static boolean isSymbolicLink(Path path) {
        return world().disk().isLink(path);
    }

    public static boolean isExecutable(Path path) {
        return exists(path);
    }

    public static boolean isReadable(Path path) {
        return exists(path);
    }

    public static boolean isWritable(Path path) {
        return exists(path);
    }

    public static Path toRealPath(Path path, LinkOption... options) throws IOException {
        world().disk().require(path);
        return path.toAbsolutePath().normalize();
    }

    public static InputStream newInputStream(Path path, OpenOption... options) throws IOException {
        return new ByteArrayInputStream(world().disk().read(path));
    }

    public static String readString(Path path) throws IOException {
        return readString(path, StandardCharsets.UTF_8);
    }

    public static String readString(Path path, Charset charset) throws IOException {
        return new String(world().disk().read(path), charset);
    }

    public static List<String> readAllLines(Path path, Charset charset) throws IOException {
        return readString(path, charset).lines().toList();
    }

    public static Path readSymbolicLink(Path path) throws IOException {
        return world().disk().link(path);
    }

    public static DirectoryStream<Path> newDirectoryStream(Path path) throws IOException {
        return new Listing(world().disk().list(path));
    }

    public static DirectoryStream<Path> newDirectoryStream(Path path, String glob)
            throws IOException {
        PathMatcher wanted = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        List<Path> found = new ArrayList<>(world().disk().list(path));
        found.removeIf(each -> !wanted.matches(each.getFileName()));
        return new Listing(found);
    }

    private record Listing(List<Path> paths) implements DirectoryStream<Path> {
        @Override
        public Iterator<Path> iterator() {
            return paths.iterator();
        }

        @Override
        public void close() {}
    }

    public static Path createDirectory(Path path, FileAttribute<?>... attributes)
            throws IOException {
        world().disk().makeDirectory(path);
        return path;
    }

    public static Path createDirectories(Path path, FileAttribute<?>... attributes)
            throws IOException {
        Path parent = path.getParent();
        if (!exists(path)) {
            if (parent != null) {
                createDirectories(parent);
            }
            world().disk().makeDirectory(path);
        }
        return path;
    }

    public static Path setPosixFilePermissions(Path path, Set<PosixFilePermission> wanted)
            throws IOException {
        world().disk().require(path);
        return path;
    }

    public static Path createLink(Path link, Path existing) throws IOException {
        world().disk().addName(link, existing);
        return link;
    }

    public static boolean deleteIfExists(Path path) throws IOException {
        return world().disk().delete(path);
    }

    public static @Nullable Object getAttribute(Path path, String name, LinkOption... options)
            throws IOException {
        Disk.Node node = world().disk().require(path);
        return switch (name) {
            case "unix:uid" -> node.uid;
            case "unix:gid" -> 0;
            case "unix:ino" -> node.inode;
            case "unix:size" -> 0L;
            case "unix:lastModifiedTime" -> FileTime.fromMillis(0);
            case "unix:mode" -> node.kind == Disk.Kind.SOCKET ? 0140600 : 0100600;
            default -> throw new UnsupportedOperationException(name);
        };
    }

    public static Path setAttribute(Path path, String name, Object value, LinkOption... options)
            throws IOException {
        Disk.Node node = world().disk().require(path);
        switch (name) {
            case "unix:uid" -> node.uid = (Integer) value;
            case "unix:gid", "unix:mode" -> {}
            default -> throw new UnsupportedOperationException(name);
        }
        return path;
    }

    public static Path move(Path from, Path to, CopyOption... options) throws IOException {
        world().disk().move(from, to);
        return to;
    }

    public static Path writeString(Path path, CharSequence text, OpenOption... options)
            throws IOException {
        try (FileChannel file = open(path, options)) {
            file.write(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
        }
        return path;
    }

    /// Of FileChannel.
    public static FileChannel open(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        if (options.contains(StandardOpenOption.APPEND)) {
            return new DiskChannel(world().disk(), world().disk().openToAppend(path));
        }
        return open(path);
    }

    /// Of FileChannel.
    public static FileChannel open(Path path, OpenOption... options) throws IOException {
        return new DiskChannel(world().disk(), world().disk().openToWrite(path));
    }
}
