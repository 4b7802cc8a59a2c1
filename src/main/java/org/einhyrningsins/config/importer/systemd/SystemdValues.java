// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Syntax of values in a unit of systemd: specifiers, quoted words, times, sizes. Source:
/// systemd.unit(5), systemd.syntax(7), systemd.time(7).
///
/// @param unit the full name of the unit, as in `web@1.service`
record SystemdValues(String unit) {
    private static final Pattern TIME = Pattern.compile("([0-9]+(?:[.][0-9]+)?)\\s*([a-zµμ]*)\\s*");

    /// Replaces the specifiers that have the same meaning wherever the manager of the system runs
    /// as root.
    String specified(String text) throws ValueException {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean specifier = c == '%' && i + 1 < text.length();
            out.append(specifier ? specifier(text.charAt(++i)) : String.valueOf(c));
        }
        return out.toString();
    }

    private String specifier(char letter) throws ValueException {
        return switch (letter) {
            case '%' -> "%";
            case 'n' -> unit;
            case 'N' -> stem();
            case 'p' -> at() < 0 ? stem() : stem().substring(0, at());
            case 'i' -> instance();
            case 'I' -> unescaped(instance());
            case 'j' -> stem().substring(stem().lastIndexOf('-') + 1);
            case 't' -> "/run";
            case 'S' -> "/var/lib";
            case 'C' -> "/var/cache";
            case 'L' -> "/var/log";
            case 'E' -> "/etc";
            case 'T' -> "/tmp";
            case 'V' -> "/var/tmp";
            case 'h' -> "/root";
            case 'u', 'g' -> "root";
            case 'U', 'G' -> "0";
            case 's' -> "/bin/sh";
            case 'H' -> hostName();
            case 'l' -> hostName().replaceFirst("[.].*", "");
            default -> throw new ValueException("the specifier %" + letter + " is not known here");
        };
    }

    /// Returns the host name of this machine.
    private static String hostName() throws ValueException {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException _) {
            throw new ValueException("the name of this machine is not known");
        }
    }

    private String stem() {
        int dot = unit.lastIndexOf('.');
        return dot < 0 ? unit : unit.substring(0, dot);
    }

    private int at() {
        return stem().indexOf('@');
    }

    private String instance() throws ValueException {
        String instance = at() < 0 ? "" : stem().substring(at() + 1);
        if (at() >= 0 && instance.isEmpty()) {
            throw new ValueException(
                    "a template has no instance; import a copy that is named after one");
        }
        return instance;
    }

    private static String unescaped(String name) {
        Matcher escape = Pattern.compile("\\\\x([0-9a-fA-F]{2})").matcher(name.replace('-', '/'));
        return escape.replaceAll(
                m ->
                        Matcher.quoteReplacement(
                                String.valueOf((char) Integer.parseInt(m.group(1), 16))));
    }

    /// The words of a value, without their quotes and escapes.
    static List<String> words(String text) throws ValueException {
        return new WordReader(text).read();
    }

    /// Reads words as systemd.syntax(7) has them: a quote begins at the beginning of a word.
    private static final class WordReader {
        private final String text;
        private final List<String> words = new ArrayList<>();
        private int at;

        WordReader(String text) {
            this.text = text;
        }

        List<String> read() throws ValueException {
            while (at < text.length()) {
                if (Character.isWhitespace(text.charAt(at))) {
                    at++;
                } else {
                    words.add(word());
                }
            }
            return words;
        }

        private String word() throws ValueException {
            StringBuilder word = new StringBuilder();
            char quote = 0;
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c == '\\') {
                    escape(word);
                } else if (quote != 0 && c == quote) {
                    quote = 0;
                } else if (quote == 0 && (c == '"' || c == '\'')) {
                    quote = c;
                } else if (quote == 0 && Character.isWhitespace(c)) {
                    break;
                } else {
                    word.append(c);
                }
            }
            if (quote != 0) {
                throw new ValueException("a quote is not closed");
            }
            return word.toString();
        }

        private void escape(StringBuilder word) throws ValueException {
            char c = at < text.length() ? text.charAt(at++) : ' ';
            switch (c) {
                case 'n' -> word.append('\n');
                case 't' -> word.append('\t');
                case 'r' -> word.append('\r');
                case 's' -> word.append(' ');
                case '\\', '"', '\'' -> word.append(c);
                case ';' -> word.append(';');
                case 'x', 'u' -> code(word, c == 'x' ? 2 : 4);
                default -> word.append('\\').append(c);
            }
        }

        private void code(StringBuilder word, int digits) throws ValueException {
            String code = text.substring(at, Math.min(text.length(), at + digits));
            if (!code.matches("[0-9a-fA-F]{" + digits + "}") || code.matches("0+")) {
                throw new ValueException("an escape that is none");
            }
            word.append((char) Integer.parseInt(code, 16));
            at += digits;
        }
    }

    /// A time, as in `5min 20s` or `90`; null for `infinity`.
    static @Nullable Duration time(String text) throws ValueException {
        if (text.equals("infinity")) {
            return null;
        }
        Matcher part = TIME.matcher(text);
        double millis = 0;
        int at = 0;
        while (part.find() && part.start() == at) {
            millis += Double.parseDouble(part.group(1)) * unit(part.group(2));
            at = part.end();
        }
        if (at == 0 || at < text.length()) {
            throw new ValueException("expected a time such as 90, 500ms or 1min 30s");
        }
        return Duration.ofMillis(Math.round(Math.min(millis, 1e15)));
    }

    private static double unit(String unit) throws ValueException {
        return switch (unit) {
            case "", "s", "sec", "second", "seconds" -> 1_000;
            case "ms", "msec" -> 1;
            case "us", "usec", "µs", "μs" -> 0.001;
            case "m", "min", "minute", "minutes" -> 60_000;
            case "h", "hr", "hour", "hours" -> 3_600_000;
            case "d", "day", "days" -> 86_400_000;
            case "w", "week", "weeks" -> 604_800_000;
            default -> throw new ValueException("the unit of time " + unit + " is not known here");
        };
    }

    /// A size in bytes; K, M, G and T count in 1024s.
    static long size(String text) throws ValueException {
        Matcher size = Pattern.compile("([0-9]{1,15})([KMGT]?)B?").matcher(text);
        if (!size.matches()) {
            throw new ValueException("expected a size such as 512M");
        }
        int shift = 10 * (1 + "KMGT".indexOf(size.group(2).isEmpty() ? "-" : size.group(2)));
        double bytes = Double.parseDouble(size.group(1)) * (1L << shift);
        if (bytes > 1L << 53) {
            throw new ValueException("a size that is too large");
        }
        return (long) bytes;
    }
}
