// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The log files that were put aside for a newer one: `web.log-20261123T101500.123Z`, with `.gz` if
/// compressed. The manager makes and removes them, the client reads them; nothing else in a
/// directory is taken for one.
public final class RotatedFiles {
    private static final String SHAPE = "ddddddddTdddddd.dddZ";
    private static final String COMPRESSED = ".gz";

    private RotatedFiles() {}

    /// The name that a file has when it is compressed.
    public static Path compressed(Path file) {
        return file.resolveSibling(file.getFileName() + COMPRESSED);
    }

    public static boolean isCompressed(Path file) {
        return file.toString().endsWith(COMPRESSED);
    }

    /// Returns the rotated files of a log, the oldest first. Of a file that exists twice, since its
    /// compression was cut short after the end, the compressed one.
    public static List<Path> of(Path file) throws IOException {
        TreeMap<String, Path> found = new TreeMap<>();
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            return List.of();
        }
        // a look sees neither name of a file that is compressed meanwhile, if it comes to the old
        // one too late and was at the new one too early; the other look sees it
        look(file, directory, found);
        look(file, directory, found);
        return new ArrayList<>(found.values());
    }

    /// The same among names that were seen in the directory, all of regular files.
    public static List<Path> among(Path file, List<Path> names) {
        TreeMap<String, Path> found = new TreeMap<>();
        for (Path name : names) {
            String moment = moment(file, name);
            if (!moment.isEmpty()) {
                found.merge(moment, name, (a, b) -> isCompressed(a) ? a : b);
            }
        }
        return new ArrayList<>(found.values());
    }

    private static void look(Path file, Path directory, Map<String, Path> found)
            throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String moment = moment(file, entry);
                if (!moment.isEmpty() && Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
                    found.merge(moment, entry, (a, b) -> isCompressed(a) ? a : b);
                }
            }
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /// Returns the time of its rotation, as in its name; empty if the name is not that of a rotated
    /// file.
    public static String moment(Path file, Path entry) {
        String name = String.valueOf(entry.getFileName());
        String begin = file.getFileName() + "-";
        if (!name.startsWith(begin)) {
            return "";
        }
        String stamp = name.substring(begin.length());
        if (stamp.endsWith(COMPRESSED)) {
            stamp = stamp.substring(0, stamp.length() - COMPRESSED.length());
        }
        return hasShape(stamp) ? stamp : "";
    }

    private static boolean hasShape(String stamp) {
        if (stamp.length() != SHAPE.length()) {
            return false;
        }
        for (int i = 0; i < stamp.length(); i++) {
            char c = stamp.charAt(i);
            char wanted = SHAPE.charAt(i);
            if (wanted == 'd' ? c < '0' || c > '9' : c != wanted) {
                return false;
            }
        }
        return true;
    }
}
