// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.control.report.RotatedFiles;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/// The end of a log, and what is added to it, over all the files that it is in: the newest, and
/// those that were put aside for it.
final class LogTail {
    private static final int CHUNK = 64 * 1024;

    /// Maximum number of rotations of the newest file during a search for the others.
    private static final int MAX_TRIES = 20;

    /// A longer line is shown in pieces.
    private static final int MAX_LENGTH = 1024 * 1024;

    private final Path path;
    private final Taker taker;
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
    private @Nullable FileChannel file;
    private @Nullable Object key;
    private long position;

    /// The newest that was put aside before the file that is open, as its name says.
    private String before = "";

    /// Receiver of the lines.
    interface Taker {
        /// A line without its end.
        void line(byte[] line);

        /// True if the line is among those that are asked for.
        default boolean wants(byte[] line) {
            return true;
        }

        /// True if all lines are.
        default boolean wantsAll() {
            return true;
        }
    }

    LogTail(Path path, Taker taker) {
        this.path = path;
        this.taker = taker;
    }

    Path path() {
        return path;
    }

    /// True if there is no file yet.
    boolean missing() {
        return file == null;
    }

    private void deliver(byte[] line) {
        if (taker.wants(line)) {
            taker.line(line);
        }
    }

    // ---- the end

    /// Hands on the last lines that there are.
    void last(int lines) throws IOException {
        List<Path> aside = openWithThoseBefore();
        before = aside.isEmpty() ? "" : RotatedFiles.moment(path, aside.getLast());
        if (file == null) {
            older(aside, lines);
        } else if (taker.wantsAll()) {
            long[] start = new long[1];
            older(aside, lines - countBack(opened(), lines, start));
            position = start[0];
            readRest();
        } else {
            Deque<byte[]> newest = new ArrayDeque<>();
            cut(path, keepLast(lines, newest));
            older(aside, lines - newest.size());
            newest.forEach(taker::line);
            position = opened().size();
        }
    }

    /// Ends the log: a last line without an end counts as a line.
    void end() {
        if (unfinished.size() > 0) {
            deliver(unfinished.toByteArray());
            unfinished.reset();
        }
    }

    /// Looks for the place where the last lines begin.
    ///
    /// @param start position to start at
    /// @return the number of lines behind it
    private static int countBack(FileChannel file, int lines, long[] start) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        long end = file.size();
        int count = 0;
        start[0] = end;
        for (long at = end; at > 0 && count <= lines; ) {
            int length = (int) Math.min(CHUNK, at);
            at -= length;
            fill(file, chunk.clear().limit(length), at);
            for (int i = length - 1; i >= 0; i--) {
                boolean lineEnds = chunk.get(i) == '\n' || at + i == end - 1;
                if (lineEnds && ++count > lines) {
                    start[0] = at + i + 1;
                    return lines;
                }
            }
            start[0] = at;
        }
        return count;
    }

    private static void fill(FileChannel file, ByteBuffer chunk, long at) throws IOException {
        while (chunk.hasRemaining()) {
            if (file.read(chunk, at + chunk.position()) < 0) {
                return; // truncated meanwhile
            }
        }
    }

    private void older(List<Path> aside, int lines) throws IOException {
        if (aside.isEmpty() || lines <= 0) {
            return;
        }
        Deque<byte[]> kept = new ArrayDeque<>();
        cut(aside.getLast(), keepLast(lines, kept));
        older(aside.subList(0, aside.size() - 1), lines - kept.size());
        kept.forEach(taker::line);
    }

    private Taker keepLast(int lines, Deque<byte[]> kept) {
        return line -> {
            if (lines > 0 && taker.wants(line)) {
                kept.addLast(line);
                if (kept.size() > lines) {
                    kept.removeFirst();
                }
            }
        };
    }

    private static void cut(Path file, Taker taker) throws IOException {
        ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
        try (InputStream plain = Files.newInputStream(file);
                InputStream in =
                        RotatedFiles.isCompressed(file)
                                ? new GZIPInputStream(plain, CHUNK)
                                : plain) {
            byte[] chunk = new byte[CHUNK];
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                cut(chunk, count, unfinished, taker);
            }
        } catch (NoSuchFileException gone) {
            if (!RotatedFiles.isCompressed(file) && unfinished.size() == 0) {
                cut(RotatedFiles.compressed(file), taker); // meanwhile; else it was removed
            }
            return;
        }
        if (unfinished.size() > 0) {
            taker.line(unfinished.toByteArray());
        }
    }

    private static void cut(
            byte[] chunk, int count, ByteArrayOutputStream unfinished, Taker taker) {
        int start = 0;
        for (int i = 0; i < count; i++) {
            if (chunk[i] == '\n' || unfinished.size() + i - start >= MAX_LENGTH) {
                boolean end = chunk[i] == '\n';
                unfinished.write(chunk, start, i - start + (end ? 0 : 1));
                taker.line(unfinished.toByteArray());
                unfinished.reset();
                start = i + 1;
            }
        }
        unfinished.write(chunk, start, count - start);
    }

    // ---- what comes

    /// Hands on what has come since.
    ///
    /// @return whether it was anything
    boolean more() throws IOException {
        if (file == null) {
            return openNext() && readRest();
        }
        boolean some = readRest();
        Object now = key(path);
        if (now == null || now.equals(key)) {
            return some;
        }
        some |= readRest(); // what came before it was put aside
        end();
        skipOurs();
        close();
        openNext();
        return (file != null && readRest()) || some;
    }

    private boolean readRest() throws IOException {
        FileChannel from = opened();
        if (from.size() < position) { // truncated
            position = 0;
            unfinished.reset();
        }
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        boolean some = false;
        int count = from.read(chunk, position);
        while (count > 0) {
            position += count;
            some = true;
            cut(chunk.array(), count, unfinished, this::deliver);
            count = from.read(chunk.clear(), position);
        }
        return some;
    }

    /// The file that is open has been put aside, and is read.
    private void skipOurs() throws IOException {
        List<Path> since = since(before, RotatedFiles.of(path));
        if (!since.isEmpty() && isOurs(since.getFirst())) {
            before = RotatedFiles.moment(path, since.getFirst());
        }
    }

    /// Opens the newest file, after what was put aside since the one before it.
    private boolean openNext() throws IOException {
        for (Path each : since(before, openWithThoseBefore())) {
            cut(each, this::deliver);
            before = RotatedFiles.moment(path, each);
        }
        return file != null;
    }

    /// Opens the newest file, if there is one.
    ///
    /// @return those that were put aside before it, the oldest first
    private List<Path> openWithThoseBefore() throws IOException {
        for (int tries = 1; true; tries++) {
            boolean open = open();
            List<Path> aside = RotatedFiles.of(path);
            boolean still = open ? Objects.equals(key(path), key) : isAll(aside);
            if (still) {
                return aside;
            }
            if (tries == MAX_TRIES) {
                return open ? beforeOurs(aside) : aside;
            }
            close(); // it was put aside meanwhile, and perhaps others were
        }
    }

    /// True if nothing was rotated meanwhile: an older file may have been missed then.
    private boolean isAll(List<Path> aside) throws IOException {
        return key(path) == null && moments(aside).equals(moments(RotatedFiles.of(path)));
    }

    private List<String> moments(List<Path> aside) {
        return aside.stream().map(each -> RotatedFiles.moment(path, each)).toList();
    }

    private List<Path> beforeOurs(List<Path> aside) throws IOException {
        for (int i = aside.size() - 1; i >= 0; i--) {
            if (isOurs(aside.get(i))) {
                return aside.subList(0, i);
            }
        }
        return aside;
    }

    private List<Path> since(String moment, List<Path> aside) {
        List<Path> since = new ArrayList<>();
        for (Path each : aside) {
            if (RotatedFiles.moment(path, each).compareTo(moment) > 0) {
                since.add(each);
            }
        }
        return since;
    }

    /// True if that is the file that is open: by its inode or, if it was compressed, by its length,
    /// which gzip has at the end (RFC 1952).
    private boolean isOurs(Path aside) throws IOException {
        Object its = RotatedFiles.isCompressed(aside) ? null : key(aside);
        if (its != null) {
            return its.equals(key);
        }
        Path compressed = RotatedFiles.isCompressed(aside) ? aside : RotatedFiles.compressed(aside);
        try (RandomAccessFile gzip = new RandomAccessFile(compressed.toFile(), "r")) {
            gzip.seek(Math.max(0, gzip.length() - 4));
            return Integer.reverseBytes(gzip.readInt()) == (int) opened().size();
        } catch (java.io.FileNotFoundException removed) {
            return false;
        }
    }

    private boolean open() throws IOException {
        while (true) {
            Object found = key(path);
            if (found == null) {
                return false;
            }
            try {
                FileChannel opened = FileChannel.open(path, StandardOpenOption.READ);
                if (found.equals(key(path))) {
                    file = opened;
                    key = found;
                    position = 0;
                    return true;
                }
                opened.close(); // put aside in between
            } catch (NoSuchFileException putAside) {
                // in between: once more
            }
        }
    }

    private FileChannel opened() {
        return Objects.requireNonNull(file, "a file is read when it is open");
    }

    private static @Nullable Object key(Path path) {
        try {
            return Files.getAttribute(path, "unix:ino");
        } catch (IOException none) {
            return null;
        }
    }

    void close() {
        FileChannel open = file;
        file = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException nothingIsLost) {
                return;
            }
        }
    }
}
