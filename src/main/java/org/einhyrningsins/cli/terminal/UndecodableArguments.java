// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Words of a command line that are no UTF-8. The JVM has replaced what it could not read in them:
/// what they named cannot be found by them any more, nor given to a worker.
public final class UndecodableArguments {
    private static final Path LINE = Path.of("/proc/self/cmdline");

    private UndecodableArguments() {}

    /// Returns the message for the first of them; null if there is none.
    public static @Nullable String objection(String[] words) {
        for (String word : words) {
            if (word.indexOf('\uFFFD') >= 0 && isLost()) {
                return "the argument \""
                        + word
                        + "\" is no UTF-8, and cannot be used; rename what it names, or reach it by"
                        + " a link";
            }
        }
        return null;
    }

    /// True if that character stands for such bytes, and was not typed.
    private static boolean isLost() {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(LINE)));
            return false;
        } catch (CharacterCodingException _) {
            return true;
        } catch (IOException _) {
            // no /proc: then it is not known
            return false;
        }
    }

    /// Returns the message for a path that the JVM cannot encode: without C.UTF-8 it can name only
    /// files of ASCII.
    public static String unnameable(InvalidPathException e) {
        return "the path \""
                + e.getInput()
                + "\" cannot be used: there is no locale C.UTF-8 on this machine, in which it could"
                + " be named; install it, or name the file in ASCII";
    }
}
