// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;

/// Amounts of memory as the user writes them: `64MiB`, `10MB`, or a number of bytes.
public final class Sizes {
    /// The least memory that a limit may leave a worker, in bytes: no useful program is smaller.
    public static final long MIN_MEMORY = 1 << 20;

    private Sizes() {}

    /// Parses a size in bytes, below 2^53.
    public static long parse(String text) throws ValueException {
        int digits = TextUtil.digits(text, 0);
        if (digits == 0 || digits > 16) {
            throw misread(text);
        }
        double bytes = Double.parseDouble(text.substring(0, digits)) * unit(text, digits);
        if (bytes > 1L << 53) {
            throw new ValueException(
                    "expected a size of at most 8192TiB, found " + TextUtil.quoted(text));
        }
        return (long) bytes;
    }

    /// Parses an amount of memory that a limit leaves a worker.
    ///
    /// @throws ValueException also if no program starts with so little
    public static long memory(String text) throws ValueException {
        return atLeast(text, MIN_MEMORY, "1MiB");
    }

    /// Parses a size that a worker cannot start with less of.
    public static long atLeast(String text, long min, String minText) throws ValueException {
        long bytes = parse(text);
        if (bytes >= min) {
            return bytes;
        }
        String hint = bytes == 0 ? "; for no limit, leave it out" : "";
        if (bytes > 0 && TextUtil.areDigits(text)) { // ulimit(1) counts in KiB
            String unit = bytes << 10 >= min ? "KiB" : "MiB";
            hint = "; write " + text + unit + " if that is meant";
        }
        throw new ValueException(
                "expected at least "
                        + minText
                        + ", found "
                        + TextUtil.quoted(text)
                        + ": no program starts with less"
                        + hint);
    }

    private static long unit(String text, int from) throws ValueException {
        return switch (text.substring(from)) {
            case "", "B" -> 1;
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            case "GiB" -> 1L << 30;
            case "TiB" -> 1L << 40;
            case "kB", "KB" -> 1_000;
            case "MB" -> 1_000_000;
            case "GB" -> 1_000_000_000;
            case "TB" -> 1_000_000_000_000L;
            default -> throw misread(text);
        };
    }

    private static ValueException misread(String text) {
        return new ValueException(
                "expected a size such as 64MiB, 10MB or a number of bytes, found "
                        + TextUtil.quoted(text)
                        + Suggestions.size(text));
    }
}
