// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.socket.Sockets;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Closes what whoever started the manager had left open, for which it has no use: a lock that the
/// caller took would be held for as long as the manager lives.
///
/// The JVM's own descriptors are not marked as such, so what is closed is what the JVM has none of
/// when it begins: files outside its own directories, pipes, terminals, and sockets that listen.
/// Standard input, output and error stay, and so do sockets that were passed (LISTEN_FDS) and
/// descriptors that the command line names, like `-c /dev/fd/63`.
///
/// A library that was loaded before the JVM's own (LD_PRELOAD) may open and close files on any of
/// its threads at that moment, as libfaketime does whenever the time is asked for. So what is there
/// for a moment only is left alone, and no number becomes free: /dev/null has it from then on. Else
/// the library's own close would hit what was opened under the number meanwhile, a jar of ours.
final class StrayDescriptors {
    private static final Path OPEN = Path.of("/proc/self/fd");
    private static final int FIRST = 3;
    private static final String JVM_OPTIONS = "EINHYRNINGSINS_JAVA_OPTS";

    private StrayDescriptors() {}

    /// Does nothing where the directories of the JVM and the program are not known, or the JVM was
    /// given options that may have it open files elsewhere.
    ///
    /// @param environment the manager's
    /// @param words its command line
    static void close(Map<String, String> environment, List<String> words) {
        List<Path> own = own();
        if (own.isEmpty() || environment.containsKey(JVM_OPTIONS)) {
            return;
        }
        int first = FIRST + passed(environment.get("LISTEN_FDS"));
        List<Integer> inherited = foreign(first, words, own);
        if (!inherited.isEmpty()) {
            int nothing = Descriptors.openNull();
            inherited.retainAll(foreign(first, words, own));
            inherited.forEach(fd -> Descriptors.replace(fd, nothing));
            Descriptors.close(nothing);
        }
    }

    private static List<Integer> foreign(int first, List<String> words, List<Path> own) {
        List<Integer> open = open();
        open.removeIf(fd -> fd < first || isNamed(fd, words) || !isForeign(fd, own));
        return open;
    }

    private static List<Path> own() {
        String home = System.getProperty("einhyrningsins.home");
        String java = System.getProperty("java.home");
        try {
            return home == null || java == null
                    ? List.of()
                    : List.of(Path.of(home).toRealPath(), Path.of(java).toRealPath());
        } catch (IOException e) {
            return List.of();
        }
    }

    private static int passed(@Nullable String count) {
        return count != null && count.matches("[0-9]{1,4}") ? Integer.parseInt(count) : 0;
    }

    private static List<Integer> open() {
        List<Integer> open = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(OPEN)) {
            files.forEach(file -> open.add(Integer.valueOf(file.getFileName().toString())));
        } catch (IOException | DirectoryIteratorException e) {
            open.clear(); // no /proc: nothing is known of them
        }
        return open;
    }

    private static boolean isNamed(int fd, List<String> words) {
        for (String word : words) {
            if (word.endsWith("/fd/" + fd)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isForeign(int fd, List<Path> own) {
        String target;
        try {
            target = Files.readSymbolicLink(OPEN.resolve(Integer.toString(fd))).toString();
        } catch (IOException e) {
            return false; // it was for reading the directory
        }
        if (target.startsWith("socket:")) {
            return Sockets.listens(fd);
        }
        boolean device = target.startsWith("/dev/") && !target.startsWith("/dev/pts/");
        boolean special = target.startsWith("/proc/") || target.startsWith("/sys/");
        if (!target.startsWith("/") || device || special) {
            return target.startsWith("pipe:") || target.equals("/dev/tty");
        }
        return own.stream().noneMatch(directory -> Path.of(target).startsWith(directory));
    }
}
