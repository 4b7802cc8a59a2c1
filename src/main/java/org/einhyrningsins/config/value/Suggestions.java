// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.yaml.TextMistakes;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Advice on a time, size or address that is written in another way than here. Each is empty, or
/// stands behind a semicolon at the end of a message.
public final class Suggestions {
    private static final Pattern PART =
            Pattern.compile("\\s*([0-9]+(?:\\.[0-9]+)?)\\s*([a-zµ]*)\\.?\\s*(?:,|and)?");

    /// Words of other managers for a time without an end, or for none at all.
    private static final Set<String> ENDLESS =
            Set.of("infinity", "infinite", "inf", ".inf", "never", "unlimited", "forever", "none");

    private static final List<String> SPELLED =
            List.of(
                    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
                    "ten", "eleven", "twelve");

    private static final Pattern CLOCK =
            Pattern.compile("(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{2})");

    private static final Pattern SIZE =
            Pattern.compile("([0-9]+)(\\.[0-9]+)?\\s*([kmgt])(i?)(?:b|bytes)?");

    private Suggestions() {}

    static String time(String text) {
        String bare =
                text.strip().toLowerCase(Locale.ROOT).replaceFirst("^([0-9]+),([0-9]+)", "$1.$2");
        Duration meant = meantTime(bare);
        Matcher clock = CLOCK.matcher(bare);
        if (meant != null && clock.matches() && clock.group(1) == null) {
            return "; write "
                    + Durations.print(meant)
                    + " for minutes and seconds, or "
                    + Durations.print(meant.multipliedBy(60))
                    + " for hours and minutes";
        } else if (meant != null) {
            return "; write " + Durations.print(meant);
        } else if (ENDLESS.contains(bare)) {
            return "; there is no endless time: write a long one, such as 365d, 0 where the key can"
                    + " be switched off so, or leave the key out for its default";
        } else if (bare.startsWith("-")) {
            Duration without = meantTime(bare.substring(1));
            return "; a time is never below zero: "
                    + (without == null
                            ? "leave the key out for its default"
                            : "write " + Durations.print(without));
        }
        return "; write a number and its unit: ms, s, m, h or d";
    }

    /// The time that somebody meant, without a unit in seconds; a second if that cannot be told.
    public static String likelyTime(String text) {
        String bare = text.strip().toLowerCase(Locale.ROOT);
        boolean number = bare.matches("[0-9]+([.][0-9]+)?");
        Duration meant = meantTime(number ? bare + "s" : bare);
        return meant == null ? "1s" : Durations.print(meant);
    }

    /// A number in English words; -1 if it is none.
    private static int spelled(String word) {
        return SPELLED.indexOf(word.strip().toLowerCase(Locale.ROOT));
    }

    private static @Nullable Duration meantTime(String text) {
        Matcher clock = CLOCK.matcher(text);
        if (clock.matches()) {
            long hours = clock.group(1) == null ? 0 : Long.parseLong(clock.group(1));
            long minutes = Long.parseLong(clock.group(2));
            return Duration.ofSeconds((hours * 60 + minutes) * 60 + Long.parseLong(clock.group(3)));
        }
        String rest = text.startsWith("pt") ? text.substring(2) : text;
        double millis = 0;
        while (!rest.isEmpty()) {
            Matcher part = PART.matcher(rest);
            long unit = part.lookingAt() ? unit(part.group(2)) : 0;
            if (unit == 0) {
                return null;
            }
            millis += Double.parseDouble(part.group(1)) * unit;
            rest = rest.substring(part.end());
        }
        boolean sound = millis <= Duration.ofDays(3650).toMillis() && !text.isEmpty();
        return sound ? Duration.ofMillis(Math.round(millis)) : null;
    }

    private static long unit(String word) {
        return switch (word) {
            case "ms", "msec", "msecs", "millis", "millisecond", "milliseconds" -> 1;
            case "s", "sec", "secs", "second", "seconds" -> 1_000;
            case "m", "min", "mins", "minute", "minutes" -> 60_000;
            case "h", "hr", "hrs", "hour", "hours" -> 3_600_000;
            case "d", "day", "days" -> 86_400_000;
            case "w", "week", "weeks" -> 7 * 86_400_000L;
            default -> 0;
        };
    }

    static String size(String text) {
        Matcher size = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!size.matches()) {
            return sizeInWords(text.strip());
        }
        String prefix = size.group(3).toUpperCase(Locale.ROOT);
        String number = size.group(1);
        if (size.group(2) != null) {
            boolean tens = text.toLowerCase(Locale.ROOT).endsWith("b") && size.group(4).isEmpty();
            double smaller = Double.parseDouble(number + size.group(2)) * (tens ? 1000 : 1024);
            int step = "KMGT".indexOf(prefix);
            boolean whole = smaller == Math.rint(smaller);
            return step == 0 || !whole
                    ? "; write a whole number"
                    : "; write " + (long) smaller + "KMGT".charAt(step - 1) + (tens ? "B" : "iB");
        }
        boolean decimal = text.toLowerCase(Locale.ROOT).endsWith("b") && size.group(4).isEmpty();
        return "; write " + number + prefix + (decimal ? "B" : "iB");
    }

    private static String sizeInWords(String text) {
        if (text.endsWith("%")) {
            return "; a share of the memory is written as a size";
        } else if (text.startsWith("-") || ENDLESS.contains(text.toLowerCase(Locale.ROOT))) {
            return "; leave the key out for no limit";
        }
        return "; write a number and its unit, such as 512MiB";
    }

    /// Returns advice on a whole number.
    ///
    /// @param most the largest number allowed
    static String number(String text, int most) {
        int end = TextUtil.digits(text, 0);
        String rest = text.substring(end).strip();
        String digits = text.substring(0, end);
        int spelled = spelled(text);
        if (spelled >= 0) {
            return "; write " + spelled;
        } else if (end == 0) {
            return numberInWords(text, most);
        } else if (rest.startsWith(":")) {
            return " (YAML 1.1 may read that in base 60)";
        } else if (rest.equals(",") || rest.equals(";")) {
            return "; write " + digits + " alone";
        } else if (rest.startsWith("#")) {
            return "; a comment needs a space before its #: " + digits + " " + TextUtil.cut(rest);
        } else if (rest.startsWith("//") || rest.startsWith("/*")) {
            return "; a comment begins with #";
        }
        return rest.startsWith(".") ? "; write a whole number" : "; write the number alone";
    }

    private static String numberInWords(String text, int most) {
        String bare = text.strip().toLowerCase(Locale.ROOT);
        if (bare.equals("max") || bare.startsWith("unlimited") || ENDLESS.contains(bare)) {
            return "; write " + most + " for the most there can be";
        } else if (text.startsWith("<%") || text.startsWith("{")) {
            return "; " + TextMistakes.ofTemplate(text);
        } else if (text.indexOf('$') >= 0 || text.startsWith("`")) {
            return "; nothing is replaced in a number: write the number itself";
        }
        return text.startsWith("-") ? "" : "; write it in digits";
    }

    /// Returns advice on a number of workers in words of other managers or of a shell.
    public static String workers(String text) {
        String bare = text.strip().toLowerCase(Locale.ROOT);
        boolean processors =
                bare.contains("nproc")
                        || List.of("auto", "max", "cpu", "cores", "ncpu", "-1").contains(bare);
        return processors ? "; write cpus for one on each processor" : "";
    }

    /// Returns advice on permission bits as ls(1) or chmod(1) have them.
    static String permissions(String text) {
        String letters = text.length() == 10 ? text.substring(1) : text;
        if (!letters.matches("([r-][w-][x-]){3}")) {
            return "; write three digits, for the owner, the group and others";
        }
        StringBuilder bits = new StringBuilder("; write \"0");
        for (int i = 0; i < 9; i += 3) {
            int of = 0;
            for (int j = 0; j < 3; j++) {
                of = of * 2 + (letters.charAt(i + j) == '-' ? 0 : 1);
            }
            bits.append(of);
        }
        return bits.append('"').toString();
    }

    /// Returns advice on an address with a port.
    static String address(String text) {
        String bare = text.strip();
        if (bare.startsWith("-")) {
            return "; an item of a list has a space after its dash: \"- ADDRESS\"";
        }
        int scheme = bare.indexOf("://");
        if (scheme > 0) {
            String rest = bare.substring(scheme + 3);
            int slash = rest.indexOf('/');
            String authority = slash < 0 ? rest : rest.substring(0, slash);
            String port = bare.startsWith("https") ? ":443" : ":80";
            boolean complete = authority.lastIndexOf(':') > authority.lastIndexOf(']');
            String udp = bare.startsWith("udp") ? "udp:" : "";
            return "; an address has no scheme and no path: write "
                    + udp
                    + authority
                    + (complete ? "" : port);
        }
        int slash = bare.lastIndexOf('/');
        if (bare.matches("(?i)(tcp|udp)[46]?/.*:[0-9]{1,5}")) {
            String udp = bare.toLowerCase(Locale.ROOT).startsWith("udp") ? "udp:" : "";
            return "; write " + udp + bare.substring(bare.indexOf('/') + 1);
        } else if (bare.startsWith("/") || bare.startsWith("./") || bare.endsWith(".sock")) {
            return "; write unix:" + bare + " for a UNIX socket";
        } else if (slash > 0) {
            boolean udp = bare.substring(slash + 1).equalsIgnoreCase("udp");
            return "; write " + (udp ? "udp:" : "") + withHost(bare.substring(0, slash));
        } else if (bare.indexOf('$') >= 0) {
            return "; ${…} is not replaced in an address: write the port itself";
        }
        return colons(bare);
    }

    private static String colons(String bare) {
        String[] parts = bare.split(":", -1);
        if (parts.length == 2 && TextUtil.areDigits(parts[0]) && TextUtil.areDigits(parts[1])) {
            return "; ports are not mapped here: write 0.0.0.0:" + parts[0];
        } else if (parts.length == 3 && parts[0].indexOf('.') > 0 && TextUtil.areDigits(parts[2])) {
            return "; ports are not mapped here: write " + parts[0] + ":" + parts[1];
        } else if (bare.matches("[0-9]+-[0-9]+")) {
            return "; write an address of its own for each port";
        } else if (bare.startsWith(":::")) {
            return "; write [::]:" + bare.substring(3);
        } else if (parts.length > 2 && !bare.startsWith("[")) {
            return address6(bare);
        } else if (bare.startsWith("[") && bare.endsWith("]")) {
            return "; a port is missing, as in " + bare + ":80";
        } else if (bare.matches("(?i)(listen|port|tcp|bind|addr|address)\\s+[0-9]{1,5}")) {
            return "; write 0.0.0.0:" + bare.replaceFirst(".*\\s", "");
        } else if (parts.length == 1 && !TextUtil.areDigits(bare)) {
            return "; a port is missing, as in " + bare + ":80";
        }
        return "";
    }

    private static String address6(String bare) {
        int last = bare.lastIndexOf(':');
        String host = bare.substring(0, last);
        boolean numbers =
                bare.matches("[0-9A-Fa-f:.%a-z]+") && TextUtil.areDigits(bare.substring(last + 1));
        boolean address = numbers && host.contains(":") && !host.endsWith(":");
        return address || host.equals(":")
                ? "; write [" + (host.equals(":") ? "::" : host) + "]:" + bare.substring(last + 1)
                : "";
    }

    private static String withHost(String text) {
        return TextUtil.areDigits(text) ? "0.0.0.0:" + text : text;
    }

    /// Returns advice on a flag behind an address.
    static String flag(String address, String text) {
        String bare = text.strip().toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "");
        String meant =
                switch (bare) {
                    case "r", "reuse", "reuseaddr", "reuseaddress", "soreuseaddr" -> "r";
                    case "n", "nonblock", "nonblocking", "ononblock" -> "n";
                    case "reuseport", "soreuseport", "perworker" -> "per-worker";
                    default -> "";
                };
        if (bare.matches("[0-9]{1,5}") && !address.matches(".*[^:]:[0-9]+")) {
            return "; write " + address.strip() + ":" + bare;
        }
        boolean next = bare.matches("[a-z0-9.:\\[\\]]*:[0-9]+");
        if (next) {
            return "; write two addresses as a list: ["
                    + YamlMistakes.inQuotes(address)
                    + ", "
                    + YamlMistakes.inQuotes(text.strip())
                    + "]";
        }
        if (meant.equals("per-worker")) {
            return "; write { tcp: "
                    + YamlMistakes.inQuotes(address.strip())
                    + ", per-worker: true }";
        }
        return meant.isEmpty() ? "" : "; write " + address.strip() + "," + meant;
    }

    /// Returns advice on a port.
    static String port(String host, String text) {
        String[] words = text.split("\\s+", -1);
        if (words.length == 2 && TextUtil.areDigits(words[0])) {
            return flag(
                    (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + words[0], words[1]);
        }
        if (text.indexOf('$') >= 0) {
            return "; ${…} is not replaced in an address: write the port itself";
        } else if (text.matches("[0-9]+-[0-9]+")) {
            return "; write an address of its own for each port";
        } else if (text.indexOf('/') > 0) {
            return address(host.isEmpty() ? text : host + ":" + text);
        }
        return switch (text) {
            case "http" -> "; write 80";
            case "https" -> "; write 443";
            default -> "";
        };
    }
}
