// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;

/// A text file, read whole. Finding a line in it costs the same wherever the line is.
public final class SourceText {
    private static final int MAX_EXCERPT = 500;

    /// Number of lines, or of characters of long lines, between two known positions: so a file of
    /// short lines is not held twice, and no walk is long.
    private static final int STEP_LINES = 64;

    private static final int STEP_CHARACTERS = 4_096;

    private final Path file;
    private final String text;

    /// Numbers of lines, from 1, each followed by where it begins; null until a line is asked for.
    private int @Nullable [] steps;

    /// A file with that text.
    ///
    /// @param file as the user named it
    public SourceText(Path file, String text) {
        this.file = file;
        this.text = text;
    }

    public Path file() {
        return file;
    }

    public String text() {
        return text;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SourceText sourceText
                && file.equals(sourceText.file)
                && text.equals(sourceText.text);
    }

    @Override
    public int hashCode() {
        return Objects.hash(file, text);
    }

    /// The same for a file that stands for itself.
    public static @Nullable SourceText read(
            Path file, @Nullable SourcePosition mention, ProblemCollector problemCollector) {
        return read(
                file, mention, FileContents.WAITING, new ConfigLimits(), problemCollector, false);
    }

    /// Reads a file; null if it cannot be read; then there is a problem at `mention`, or at the
    /// file itself if nothing mentions it.
    ///
    /// @param secret true if nothing of it is shown
    public static @Nullable SourceText read(
            Path file,
            @Nullable SourcePosition mention,
            FileContents contents,
            ConfigLimits configLimits,
            ProblemCollector problemCollector,
            boolean secret) {
        try {
            byte[] bytes = bytes(file, contents, configLimits);
            String text = decoded(bytes);
            if (text == null) {
                SourcePosition sourcePosition = undecodable(file, bytes);
                problemCollector.report(
                        secret ? sourcePosition.unseen() : sourcePosition, notText(bytes));
                return null;
            }
            SourceText sourceText = new SourceText(file, text);
            return sourceText.hasLongLine(problemCollector) ? null : sourceText;
        } catch (ValueException e) {
            SourcePosition sourcePosition =
                    mention == null ? SourcePosition.of(new SourceText(file, "")) : mention;
            String subject = mention == null ? "cannot be read: " : "cannot read " + file + ": ";
            problemCollector.report(sourcePosition, subject + e.reason());
            return null;
        }
    }

    private static byte[] bytes(Path file, FileContents contents, ConfigLimits configLimits)
            throws ValueException {
        if (Files.isDirectory(file)) {
            throw new ValueException("it is a directory");
        }
        // opening a FIFO would wait for its writer
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new ValueException("it is not a regular file");
        }
        try {
            byte[] bytes = contents.read(file, configLimits.bytes() + 1);
            if (bytes.length > ConfigLimits.MAX_FILE_BYTES) {
                throw new ValueException("it is larger than 2 MiB");
            } else if (bytes.length > configLimits.bytes()) {
                throw new ValueException("all files together are larger than 4 MiB");
            }
            configLimits.read(bytes.length);
            return bytes;
        } catch (NoSuchFileException _) {
            throw new ValueException("no such file" + ConfigPaths.lostBytes(file));
        } catch (AccessDeniedException _) {
            throw new ValueException("permission denied");
        } catch (FileSystemException e) {
            throw new ValueException(reason(e));
        } catch (IOException e) {
            throw new ValueException(e.toString());
        }
    }

    private static String reason(FileSystemException e) {
        String reason = e.getReason();
        if (reason == null) {
            return e.toString();
        }
        String words = reason.toLowerCase(Locale.ROOT);
        return words.startsWith("too many levels of symbolic links")
                ? "it is a symbolic link that leads back to itself"
                : words.charAt(0) + reason.substring(1);
    }

    /// The place of the first byte that is not UTF-8, in a text that shows it as a question mark.
    private static SourcePosition undecodable(Path file, byte[] bytes) {
        if (isBinary(bytes)) {
            return SourcePosition.of(new SourceText(file, ""));
        }
        String before = new String(bytes, 0, validUpTo(bytes), StandardCharsets.UTF_8);
        String whole = new String(bytes, StandardCharsets.UTF_8).replace('\uFFFD', '?');
        return new SourceText(file, whole).place(before.codePointCount(0, before.length()));
    }

    private static String notText(byte[] bytes) {
        int first = bytes.length < 2 ? 0 : ((bytes[0] & 0xFF) << 8) | (bytes[1] & 0xFF);
        if (first == 0xFFFE || first == 0xFEFF) {
            return "cannot be read: it is UTF-16 text; save it as UTF-8, as iconv -f UTF-16 -t"
                    + " UTF-8 does";
        } else if (isBinary(bytes)) {
            return "cannot be read: it is not text"
                    + (first == 0x1F8B ? " but compressed; gunzip it first" : "");
        }
        return String.format(
                Locale.ROOT,
                "cannot be read: the byte 0x%02X is not UTF-8 text; save the file as UTF-8, as"
                        + " iconv -f WINDOWS-1252 -t UTF-8 does",
                bytes[validUpTo(bytes)] & 0xFF);
    }

    private static boolean isBinary(byte[] bytes) {
        for (byte each : bytes) {
            if (each == 0) {
                return true;
            }
        }
        return bytes.length > 1 && bytes[0] == 0x1F && (bytes[1] & 0xFF) == 0x8B;
    }

    /// Returns the number of valid bytes before the first invalid one.
    private static int validUpTo(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        var decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer out = CharBuffer.allocate(bytes.length);
        return decoder.decode(in, out, true).isError() ? in.position() : 0;
    }

    /// Decodes UTF-8; null if the bytes are no text.
    private static @Nullable String decoded(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        try {
            // the decoder that objects needs much more memory than the one that replaces
            if (text.indexOf('\uFFFD') >= 0) {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            }
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    private boolean hasLongLine(ProblemCollector problemCollector) {
        int from = 0;
        for (int line = 1; from < text.length(); line++) {
            int next = afterLine(from);
            if (next - from > ConfigLimits.MAX_TEXT) {
                problemCollector.report(
                        new SourcePosition(this, line, 1, KeyPath.TOP),
                        "the line is longer than 131,071 characters");
                return true;
            }
            from = next;
        }
        return false;
    }

    /// The line of that number, from 1; empty if there is none or if it is too long for a person.
    public String line(int number) {
        int from = start(Math.max(1, number));
        int to = from;
        while (to < text.length() && to - from <= MAX_EXCERPT && !isBreak(text.charAt(to))) {
            to++;
        }
        return number < 1 || from > text.length() || to - from > MAX_EXCERPT
                ? ""
                : TextUtil.visible(text.substring(from, to));
    }

    /// Returns the index of the beginning of a line; beyond the end if there is none of that
    /// number.
    private int start(int number) {
        int[] known = steps == null ? steps() : steps;
        steps = known;
        int low = 0;
        for (int high = known.length / 2; high - low > 1; ) {
            int middle = (low + high) / 2;
            boolean after = known[2 * middle] > number;
            high = after ? middle : high;
            low = after ? low : middle;
        }
        int from = known[2 * low + 1];
        for (int line = known[2 * low]; line < number && from <= text.length(); line++) {
            from = afterLine(from);
        }
        return from;
    }

    private int[] steps() {
        IntStream.Builder found = IntStream.builder();
        int lastLine = 1 - STEP_LINES;
        int last = 0;
        int line = 1;
        for (int from = 0; from <= text.length(); from = afterLine(from)) {
            if (line - lastLine >= STEP_LINES || from - last >= STEP_CHARACTERS) {
                found.add(line).add(from);
                lastLine = line;
                last = from;
            }
            line++;
        }
        return found.build().toArray();
    }

    /// Returns the position of the character after so many code points.
    public SourcePosition place(int codePoints) {
        int to =
                text.offsetByCodePoints(
                        0, Math.min(codePoints, text.codePointCount(0, text.length())));
        int line = 1;
        int from = 0;
        for (int next = afterLine(0); next <= to; next = afterLine(next)) {
            from = next;
            line++;
        }
        return new SourcePosition(this, line, text.codePointCount(from, to) + 1, KeyPath.TOP);
    }

    /// The lines of a text without their breaks, as YAML and [#line] count them.
    public static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        SourceText sourceText = new SourceText(Path.of(""), text);
        for (int from = 0; from <= text.length(); ) {
            int next = sourceText.afterLine(from);
            int to = from;
            while (to < text.length() && !isBreak(text.charAt(to))) {
                to++;
            }
            lines.add(text.substring(from, to));
            from = next;
        }
        return lines;
    }

    private int afterLine(int from) {
        int at = from;
        while (at < text.length() && !isBreak(text.charAt(at))) {
            at++;
        }
        return text.startsWith("\r\n", at) ? at + 2 : at + 1;
    }

    /// The line breaks of YAML 1.1.
    private static boolean isBreak(char c) {
        return c == '\n' || c == '\r' || c == '\u0085' || c == '\u2028' || c == '\u2029';
    }
}
