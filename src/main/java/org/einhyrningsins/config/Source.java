// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// A text file, read whole.
///
/// @param file as the user named it
record Source(Path file, String text) {
    private static final int MAX_BYTES = 16 << 20;
    private static final int MAX_EXCERPT = 500;

    /// Null if it cannot be read; then there is a problem at `mention`, or at the file itself if
    /// nothing mentions it.
    static @Nullable Source read(Path file, @Nullable Place mention, Problems problems) {
        try {
            return new Source(file, decoded(bytes(file)));
        } catch (Misread e) {
            Place place = mention == null ? new Place(new Source(file, ""), 0, 0, "") : mention;
            String subject = mention == null ? "cannot be read: " : "cannot read " + file + ": ";
            problems.report(place, subject + e.reason());
            return null;
        }
    }

    private static byte[] bytes(Path file) throws Misread {
        if (Files.isDirectory(file)) {
            throw new Misread("it is a directory");
        }
        // opening a FIFO would wait for its writer
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new Misread("it is not a regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new Misread("it is larger than 16 MiB");
            }
            return bytes;
        } catch (NoSuchFileException _) {
            throw new Misread("no such file");
        } catch (AccessDeniedException _) {
            throw new Misread("permission denied");
        } catch (IOException e) {
            throw new Misread(e.toString());
        }
    }

    private static String decoded(byte[] bytes) throws Misread {
        try {
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException _) {
            throw new Misread("it is not UTF-8 text");
        }
    }

    /// The line of that number, from 1; empty if there is none or if it is too long for a person.
    String line(int number) {
        int from = 0;
        for (int line = 1; line < number && from <= text.length(); line++) {
            from = afterLine(from);
        }
        int to = from;
        while (to < text.length() && !isBreak(text.charAt(to))) {
            to++;
        }
        return number < 1 || from > text.length() || to - from > MAX_EXCERPT
                ? ""
                : Texts.visible(text.substring(from, to));
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
