// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Files, directories and the names of sockets; below /proc what the kernel makes up.
final class Disk {
    private final World world;
    private final TreeMap<String, Node> nodes = new TreeMap<>();
    private long inodes = 100;

    /// Nothing can be written.
    boolean readOnly;

    /// No file can grow.
    boolean full;

    enum Kind {
        FILE,
        DIRECTORY,
        SOCKET
    }

    static final class Node {
        final Kind kind;
        final long inode;
        byte[] content = {};
        int uid;
        int reserved;
        @Nullable OpenFile socket;
        boolean locked;

        Node(Kind kind, long inode, int uid) {
            this.kind = kind;
            this.inode = inode;
            this.uid = uid;
        }
    }

    Disk(World world) {
        this.world = world;
        for (String path : List.of("/", "/run", "/bin", "/etc", "/proc", "/tmp", "/dev")) {
            nodes.put(path, new Node(Kind.DIRECTORY, inodes++, 0));
        }
    }

    // ---- by the world, at no risk

    void put(String path, String text) {
        Node node = nodes.computeIfAbsent(path, p -> new Node(Kind.FILE, inodes++, World.USER));
        node.content = text.getBytes(StandardCharsets.UTF_8);
    }

    void directory(String path) {
        nodes.computeIfAbsent(path, p -> make(Kind.DIRECTORY));
    }

    @Nullable Node at(String path) {
        return nodes.get(path);
    }

    void put(String path, Node node) {
        nodes.put(path, node);
    }

    Node make(Kind kind) {
        return new Node(kind, inodes++, World.USER);
    }

    long newInode() {
        return inodes++;
    }

    void remove(String path) {
        Node node = nodes.remove(path);
        Node parent = nodes.get(path.substring(0, Math.max(1, path.lastIndexOf('/'))));
        if (node != null) {
            world.kernel().unlinked(node);
        }
        if (node != null && parent != null) {
            world.kernel().emptied(parent);
        }
    }

    List<String> below(String directory) {
        List<String> found = new ArrayList<>();
        String prefix = directory.equals("/") ? "/" : directory + "/";
        for (String path : nodes.subMap(prefix, prefix + Character.MAX_VALUE).keySet()) {
            if (path.indexOf('/', prefix.length()) < 0 && path.length() > prefix.length()) {
                found.add(path);
            }
        }
        return found;
    }

    // ---- by the manager

    private String name(Path path) {
        return world.kernel().resolved(path.toAbsolutePath().normalize().toString());
    }

    /// Where a directory is now.
    String path(Node directory) {
        for (Map.Entry<String, Node> entry : nodes.entrySet()) {
            if (entry.getValue() == directory) {
                return entry.getKey();
            }
        }
        return "/removed";
    }

    @Nullable Node find(Path path) {
        world.alive();
        return nodes.get(name(path));
    }

    Node require(Path path) throws IOException {
        Node node = find(path);
        if (node == null) {
            throw new NoSuchFileException(path.toString());
        }
        return node;
    }

    byte[] read(Path path) throws IOException {
        world.before("read file");
        world.trouble("read file", path.toString());
        String name = name(path);
        byte[] made = name.startsWith("/proc/") ? world.kernel().made(name) : null;
        if (made != null) {
            return made;
        }
        if (name.startsWith("/proc/")) {
            throw new NoSuchFileException(name);
        }
        return require(path).content.clone();
    }

    boolean isLink(Path path) {
        world.alive();
        return world.kernel().link(name(path)) != null;
    }

    Path link(Path path) throws IOException {
        world.alive();
        String target = world.kernel().link(name(path));
        if (target == null) {
            throw new NoSuchFileException(path.toString());
        }
        return Path.of(target);
    }

    List<Path> list(Path path) throws IOException {
        world.before("list directory");
        world.trouble("list directory", path.toString());
        String name = name(path);
        List<Path> found = new ArrayList<>();
        if (name.startsWith("/proc/") || name.equals("/proc")) {
            for (String each : world.kernel().listing(name)) {
                found.add(path.resolve(each));
            }
            return found;
        }
        require(path);
        below(name).forEach(each -> found.add(Path.of(each)));
        return found;
    }

    void makeDirectory(Path path) throws IOException {
        world.before("mkdir");
        world.trouble("mkdir", path.toString());
        String name = name(path);
        if (nodes.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        writable(name);
        nodes.put(name, make(Kind.DIRECTORY));
        world.after();
    }

    boolean delete(Path path) throws IOException {
        world.before("unlink");
        String name = name(path);
        Node node = nodes.get(name);
        if (node != null && node.kind == Kind.DIRECTORY && !below(name).isEmpty()) {
            throw new DirectoryNotEmptyException(name);
        }
        if (node != null) {
            world.trouble("unlink", name);
            writable(name);
            remove(name);
        }
        world.after();
        return node != null;
    }

    Node openToWrite(Path path) throws IOException {
        Node node = openToAppend(path);
        node.content = new byte[0];
        return node;
    }

    Node openToAppend(Path path) throws IOException {
        world.before("create file");
        world.trouble("create file", path.toString());
        String name = name(path);
        writable(name);
        if (!nodes.containsKey(name.substring(0, name.lastIndexOf('/')))) {
            world.refused();
            throw new NoSuchFileException(name);
        }
        Node node = nodes.computeIfAbsent(name, p -> make(Kind.FILE));
        world.after();
        return node;
    }

    /// At times in two goes, so that a manager may be killed in between.
    int append(Node node, ByteBuffer from) throws IOException {
        world.before("write file");
        world.trouble("write file", "");
        if (full) {
            world.refused();
            throw new IOException("No space left on device");
        }
        int count = from.remaining();
        if (count > 1 && world.chance(8)) {
            count = 1 + world.random().nextInt(count - 1);
        }
        int length = node.content.length;
        node.content = Arrays.copyOf(node.content, length + count);
        from.get(node.content, length, count);
        world.after();
        return count;
    }

    void sync() throws IOException {
        world.before("fsync");
        world.trouble("fsync", "");
        world.after();
    }

    void move(Path from, Path to) throws IOException {
        world.before("rename");
        world.trouble("rename", from.toString());
        writable(name(to));
        Node node = require(from);
        nodes.remove(name(from));
        Node replaced = nodes.put(name(to), node);
        if (replaced != null) {
            world.kernel().unlinked(replaced);
        }
        world.after();
    }

    /// A second name.
    void addName(Path path, Path existing) throws IOException {
        world.before("link");
        world.trouble("link", path.toString());
        String name = name(path);
        Node node = require(existing);
        if (nodes.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        if (!nodes.containsKey(name.substring(0, name.lastIndexOf('/')))) {
            throw new NoSuchFileException(name);
        }
        writable(name);
        nodes.put(name, node);
        world.after();
    }

    private void writable(String name) throws FileSystemException {
        if (readOnly) {
            world.refused();
            throw new FileSystemException(name, null, "Read-only file system");
        }
    }
}
