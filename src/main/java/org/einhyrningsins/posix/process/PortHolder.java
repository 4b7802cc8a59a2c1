// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.InputFiles;
import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// A process that listens at a TCP port, found by its descriptors in /proc. Only those that this
/// user may look at are found. It takes a look at every process: not for the manager's loop.
public record PortHolder(int pid, String command) {
    private static final String LISTEN = "0A";
    private static final int STATE = 3;
    private static final int INODE = 9;
    private static final int MAX_LINE = 256;

    /// The process that listens at a port; null if there is none, or it cannot be seen.
    public static @Nullable PortHolder ofTcp(int port) {
        Set<String> sockets = new HashSet<>();
        String end = String.format(Locale.ROOT, ":%04X", port);
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            byte[] content = Descriptors.readWhole(table);
            for (String line : new String(content, StandardCharsets.US_ASCII).split("\n", -1)) {
                String[] fields = line.strip().split("\\s+", -1);
                if (fields.length > INODE
                        && fields[1].endsWith(end)
                        && fields[STATE].equals(LISTEN)) {
                    sockets.add("socket:[" + fields[INODE] + "]");
                }
            }
        }
        return sockets.isEmpty() ? null : holder(sockets);
    }

    private static @Nullable PortHolder holder(Set<String> sockets) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path each : all) {
                if (has(each, sockets)) {
                    byte[] name = Descriptors.readWhole(each + "/comm");
                    String command = new String(name, StandardCharsets.UTF_8).strip();
                    return new PortHolder(Integer.parseInt(each.getFileName().toString()), command);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return null;
        }
        return null;
    }

    private static boolean has(Path process, Set<String> sockets) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path file : files) {
                if (sockets.contains(Files.readSymbolicLink(file).toString())) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException notOurs) {
            return false;
        }
        return false;
    }

    /// The first line of a script; null if the file has none that names an interpreter.
    public static @Nullable String interpreterLine(String file) {
        try {
            byte[] begin = InputFiles.read(Path.of(file), MAX_LINE);
            String text = new String(begin, StandardCharsets.UTF_8);
            int end = text.indexOf('\n');
            return text.startsWith("#!") ? text.substring(0, end < 0 ? text.length() : end) : null;
        } catch (PosixException unreadable) {
            return null;
        }
    }
}
