// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Reads single values. What is not what it should be is reported, and a stand-in returned.
///
/// @param names addresses of host names
public record ValueReader(ProblemCollector problems, HostNameLookup names) {
    public ValueReader(ProblemCollector problems) {
        this(problems, new HostNameLookup());
    }

    public void expected(ConfigNode configNode, String what) {
        expected(configNode, what, "");
    }

    /// Reports that a value is not what is expected.
    ///
    /// @param hint advice, behind a semicolon; empty for none
    public void expected(ConfigNode configNode, String what, String hint) {
        String message = "expected " + what + ", found " + configNode.found() + hint;
        if (configNode instanceof Scalar scalar && scalar.isNull()) {
            String nothing = hint.isEmpty() ? hintOfNothing(scalar) : "";
            problems.reportMissing(configNode.place(), message + nothing);
        } else {
            problems.report(configNode.place(), message);
        }
    }

    /// A value that YAML does not see, since it begins with a sign of YAML's own.
    private static String hintOfNothing(Scalar scalar) {
        String written = scalar.place().written();
        String sign = written.isEmpty() ? "" : written.substring(0, 1);
        if (written.length() > 1 && "&!".contains(sign)) {
            return "; a text that begins with "
                    + sign
                    + " goes in quotes: "
                    + YamlMistakes.inQuotes(written);
        } else if (sign.equals("#")) {
            return "; # begins a comment; put it in quotes if it is meant as text: "
                    + YamlMistakes.inQuotes(written);
        } else if (scalar.text().isEmpty()) {
            return "; write a value, or remove the key";
        }
        return "; put it in quotes if it is meant as text, or remove the key";
    }

    /// Returns the text exactly as the user wrote it: `no` and `022` stay what they are. Null after
    /// a problem.
    public @Nullable String text(ConfigNode configNode, String what) {
        if (!(configNode instanceof Scalar scalar)) {
            expected(configNode, what, TextHints.of(configNode));
            return null;
        } else if (scalar.isNull()) {
            expected(configNode, what);
            return null;
        }
        return isSound(scalar) ? scalar.text() : null;
    }

    /// The kernel takes texts that end at a NUL, and we give them to it in UTF-8.
    private boolean isSound(Scalar scalar) {
        String text = scalar.text();
        if (text.length() > ConfigLimits.MAX_TEXT) {
            problems.report(scalar.place(), "a text for the kernel has at most 131,071 characters");
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            int c = text.codePointAt(i);
            if (c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
                problems.report(
                        scalar.place(),
                        c == 0
                                ? "a text for the kernel cannot hold the character NUL"
                                : "half a surrogate pair is no character");
                return false;
            }
            i += Character.charCount(c) - 1;
        }
        return true;
    }

    /// True if a text can be the path that was meant.
    public boolean isPath(ConfigNode configNode, String text, Map<String, String> environment) {
        String tilde = ShellSyntaxWarnings.tilde(text, environment);
        if (tilde != null) {
            problems.report(configNode.place(), tilde);
            return false;
        }
        String why = text.indexOf('$') < 0 ? null : ShellSyntaxWarnings.inPath(text);
        if (why != null) {
            problems.warn(configNode.place(), why);
        }
        return true;
    }

    /// A list of values, or one that is not a list.
    public List<ConfigNode> oneOrMany(ConfigNode configNode) {
        return configNode instanceof Items items ? items.values() : List.of(configNode);
    }

    List<String> texts(ConfigNode configNode, String what) {
        List<String> texts = new ArrayList<>();
        for (ConfigNode value : oneOrMany(configNode)) {
            String text = text(value, what);
            if (text != null) {
                texts.add(text);
            }
        }
        return texts;
    }

    public int number(ConfigNode configNode, int min, int max, int otherwise) {
        return number(configNode, "a number from " + min + " to " + max, min, max, otherwise);
    }

    /// Reads a whole number within bounds.
    ///
    /// @param what it is, with its bounds
    public int number(ConfigNode configNode, String what, int min, int max, int otherwise) {
        if (!(configNode instanceof Scalar scalar)) {
            String meant = MapHints.ofText(configNode);
            expected(
                    configNode,
                    what,
                    meant.matches("; write [0-9]+") ? meant : "; write one number");
            return otherwise;
        }
        if (scalar.isNull()) {
            expected(configNode, what);
            return otherwise;
        }
        Long number = whole(scalar, what, max);
        if (number == null) {
            return otherwise;
        } else if (number < min || number > max) {
            expected(configNode, what, "; write " + (number < min ? min : max));
            return otherwise;
        }
        return number.intValue();
    }

    /// A whole number as all versions of YAML agree on it: no leading zero, base 60 or underscores.
    private @Nullable Long whole(Scalar scalar, String what, int max) {
        String text = scalar.text();
        int sign = text.startsWith("-") ? 1 : 0;
        boolean digits = text.length() > sign && TextUtil.digits(text, sign) == text.length();
        if (!digits || text.length() > 18) {
            String hint = Suggestions.number(text, max);
            problems.report(
                    scalar.place(), "expected " + what + ", found " + scalar.found() + hint);
            return null;
        } else if (!scalar.plain()) {
            problems.report(scalar.place(), "expected " + what + ", found text; remove the quotes");
            return null;
        } else if (text.length() > sign + 1 && text.charAt(sign) == '0') {
            problems.report(
                    scalar.place(),
                    "expected "
                            + what
                            + ", found "
                            + text
                            + "; YAML reads a leading zero as octal");
            return null;
        }
        return Long.valueOf(text);
    }

    /// A number with or without a fraction.
    double decimal(ConfigNode configNode, int min, int max, double otherwise) {
        String what = "a number from " + min + " to " + max;
        if (!(configNode instanceof Scalar scalar) || !isDecimal(scalar)) {
            expected(configNode, what);
            return otherwise;
        }
        double number = Double.parseDouble(scalar.text());
        if (number < min || number > max) {
            expected(configNode, what, "; write " + (number < min ? min : max));
            return otherwise;
        }
        return number;
    }

    private static boolean isDecimal(Scalar scalar) {
        String text = scalar.text();
        int whole = TextUtil.digits(text, 0);
        boolean fraction = whole < text.length() && text.charAt(whole) == '.';
        int end = fraction ? TextUtil.digits(text, whole + 1) : whole;
        return scalar.plain() && whole > 0 && end == text.length() && !text.endsWith(".");
    }

    boolean flag(ConfigNode configNode, boolean otherwise) {
        if (!(configNode instanceof Scalar scalar) || !scalar.isFlag()) {
            expected(configNode, "true or false", flagHint(configNode, otherwise));
            return otherwise;
        }
        return scalar.isTrue();
    }

    private static String flagHint(ConfigNode configNode, boolean otherwise) {
        if (!(configNode instanceof Scalar scalar)) {
            return "";
        } else if (scalar.isTrue() || scalar.isFalse()) {
            return "; remove the quotes";
        }
        return switch (scalar.text().toLowerCase(Locale.ROOT)) {
            case "y", "t", "1", "enabled", "enable", "always" -> "; write true";
            case "n", "f", "0", "disabled", "disable", "none", "never" -> "; write false";
            default -> "; write one of the two, or leave the key out for " + otherwise;
        };
    }

    Duration duration(ConfigNode configNode, Duration otherwise) {
        String what = "a time such as 250ms, 30s, 5m or 1h";
        if (!(configNode instanceof Scalar)) {
            expected(configNode, what, TextHints.ofTime(configNode));
            return otherwise;
        }
        String text = text(configNode, what);
        if (text == null) {
            return otherwise;
        }
        try {
            return Durations.parse(text);
        } catch (ValueException e) {
            problems.report(configNode.place(), e);
            return otherwise;
        }
    }

    /// A time that must not be zero.
    public Duration positive(ConfigNode configNode, Duration otherwise) {
        Duration duration = duration(configNode, otherwise);
        if (duration.isZero()) {
            problems.report(configNode.place(), "expected a time longer than zero");
        }
        return duration;
    }

    /// Permission bits. YAML 1.1 reads a plain 022 as octal and YAML 1.2 does not; we read digits
    /// as chmod does, and refuse those of which nobody knows how they were meant.
    @Nullable Integer octal(ConfigNode configNode) {
        String what = "octal permission bits such as \"022\"";
        if (!(configNode instanceof Scalar scalar)) {
            expected(configNode, what, "; write them as one text");
            return null;
        }
        String text = text(configNode, what);
        if (text == null) {
            return null;
        }
        String digits = text.startsWith("0o") ? text.substring(2) : text;
        if (!isOctal(digits)) {
            expected(configNode, what, Suggestions.permissions(text));
            return null;
        } else if (scalar.plain() && !text.startsWith("0")) {
            problems.report(
                    configNode.place(),
                    "is "
                            + text
                            + " octal or decimal? Write \""
                            + text
                            + "\" or 0"
                            + text
                            + " for octal");
            return null;
        }
        int bits = Integer.parseInt(digits, 8);
        if (bits > 0777) {
            problems.report(
                    configNode.place(),
                    "expected at most \"0777\", found " + TextUtil.quoted(text));
            return null;
        }
        return bits;
    }

    private static boolean isOctal(String digits) {
        return TextUtil.areDigits(digits)
                && digits.length() <= 5
                && digits.indexOf('8') < 0
                && digits.indexOf('9') < 0;
    }

    /// Returns the constant with that word.
    public <E extends Enum<E>> E choice(ConfigNode configNode, E[] constants, E otherwise) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < constants.length; i++) {
            String word = ConfigShape.word(constants[i]);
            if (configNode instanceof Scalar scalar && scalar.text().equals(word)) {
                return constants[i];
            }
            String comma = i + 1 < constants.length ? ", " : " or ";
            words.append(i == 0 ? "" : comma).append(word);
        }
        expected(configNode, words.toString(), hint(configNode, constants));
        return otherwise;
    }

    private static String hint(ConfigNode configNode, Enum<?>[] constants) {
        List<String> words = new ArrayList<>();
        for (Enum<?> constant : constants) {
            words.add(ConfigShape.word(constant));
        }
        if (!(configNode instanceof Scalar scalar)) {
            return TextHints.ofWord(configNode, words);
        }
        String flag = scalar.isFlag() ? " (YAML reads the bare word so)" : "";
        String meant = ForeignKeywords.word(scalar.text(), words);
        if (meant != null) {
            return flag + "; write " + meant;
        }
        String nearest =
                scalar.text().isEmpty() ? null : SpellingSuggestion.of(scalar.text(), words);
        return flag + (nearest == null ? "" : "; did you mean " + nearest + "?");
    }

    /// The map as a whole; an empty one stands in after a problem.
    public ConfigFields fields(ConfigNode configNode, ConfigShape configShape, String what) {
        if (!(configNode instanceof Mapping map)) {
            expected(configNode, what, MapHints.ofMap(configShape, configNode));
            return ConfigFields.none(configNode.place(), this);
        }
        return ConfigFields.of(map, configShape, this);
    }
}
