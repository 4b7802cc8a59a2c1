// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.Budget;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Nearest;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Reads single values. What is not what it should be is reported, and a stand-in returned.
///
/// @param names what host names stand for
public record Values(Problems problems, HostNames names) {
    public Values(Problems problems) {
        this(problems, new HostNames());
    }

    public void expected(Node node, String what) {
        expected(node, what, "");
    }

    /// @param hint what to write instead, behind a semicolon; empty if there is nothing to say
    public void expected(Node node, String what, String hint) {
        String message = "expected " + what + ", found " + node.found() + hint;
        if (node instanceof Scalar scalar && scalar.isNull()) {
            String nothing = hint.isEmpty() ? hintOfNothing(scalar) : "";
            problems.reportMissing(node.place(), message + nothing);
        } else {
            problems.report(node.place(), message);
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

    /// What the user wrote, to the letter: `no` and `022` stay what they are. Null after a problem.
    public @Nullable String text(Node node, String what) {
        if (!(node instanceof Scalar scalar)) {
            expected(node, what, TextHints.of(node));
            return null;
        } else if (scalar.isNull()) {
            expected(node, what);
            return null;
        }
        return isSound(scalar) ? scalar.text() : null;
    }

    /// The kernel takes texts that end at a NUL, and we give them to it in UTF-8.
    private boolean isSound(Scalar scalar) {
        String text = scalar.text();
        if (text.length() > Budget.MAX_TEXT) {
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

    /// Whether a text can be the path that somebody meant.
    public boolean isPath(Node node, String text, Map<String, String> environment) {
        String tilde = ShellHabits.tilde(text, environment);
        if (tilde != null) {
            problems.report(node.place(), tilde);
            return false;
        }
        String why = text.indexOf('$') < 0 ? null : ShellHabits.inPath(text);
        if (why != null) {
            problems.warn(node.place(), why);
        }
        return true;
    }

    /// A list of values, or one that is not a list.
    public List<Node> oneOrMany(Node node) {
        return node instanceof Items items ? items.values() : List.of(node);
    }

    List<String> texts(Node node, String what) {
        List<String> texts = new ArrayList<>();
        for (Node value : oneOrMany(node)) {
            String text = text(value, what);
            if (text != null) {
                texts.add(text);
            }
        }
        return texts;
    }

    public int number(Node node, int min, int max, int otherwise) {
        return number(node, "a number from " + min + " to " + max, min, max, otherwise);
    }

    /// @param what it is, with its bounds
    public int number(Node node, String what, int min, int max, int otherwise) {
        if (!(node instanceof Scalar scalar)) {
            String meant = KindHints.ofText(node);
            expected(node, what, meant.matches("; write [0-9]+") ? meant : "; write one number");
            return otherwise;
        }
        if (scalar.isNull()) {
            expected(node, what);
            return otherwise;
        }
        Long number = whole(scalar, what, max);
        if (number == null) {
            return otherwise;
        } else if (number < min || number > max) {
            expected(node, what, "; write " + (number < min ? min : max));
            return otherwise;
        }
        return number.intValue();
    }

    /// A whole number as all versions of YAML agree on it: no leading zero, base 60 or underscores.
    private @Nullable Long whole(Scalar scalar, String what, int max) {
        String text = scalar.text();
        int sign = text.startsWith("-") ? 1 : 0;
        boolean digits = text.length() > sign && Texts.digits(text, sign) == text.length();
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
    double decimal(Node node, int min, int max, double otherwise) {
        String what = "a number from " + min + " to " + max;
        if (!(node instanceof Scalar scalar) || !isDecimal(scalar)) {
            expected(node, what);
            return otherwise;
        }
        double number = Double.parseDouble(scalar.text());
        if (number < min || number > max) {
            expected(node, what, "; write " + (number < min ? min : max));
            return otherwise;
        }
        return number;
    }

    private static boolean isDecimal(Scalar scalar) {
        String text = scalar.text();
        int whole = Texts.digits(text, 0);
        boolean fraction = whole < text.length() && text.charAt(whole) == '.';
        int end = fraction ? Texts.digits(text, whole + 1) : whole;
        return scalar.plain() && whole > 0 && end == text.length() && !text.endsWith(".");
    }

    boolean flag(Node node, boolean otherwise) {
        if (!(node instanceof Scalar scalar) || !scalar.isFlag()) {
            expected(node, "true or false", flagHint(node, otherwise));
            return otherwise;
        }
        return scalar.isTrue();
    }

    private static String flagHint(Node node, boolean otherwise) {
        if (!(node instanceof Scalar scalar)) {
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

    Duration duration(Node node, Duration otherwise) {
        String what = "a time such as 250ms, 30s, 5m or 1h";
        if (!(node instanceof Scalar)) {
            expected(node, what, TextHints.ofTime(node));
            return otherwise;
        }
        String text = text(node, what);
        if (text == null) {
            return otherwise;
        }
        try {
            return Durations.parse(text);
        } catch (Misread e) {
            problems.report(node.place(), e);
            return otherwise;
        }
    }

    /// A time that must not be zero.
    public Duration positive(Node node, Duration otherwise) {
        Duration duration = duration(node, otherwise);
        if (duration.isZero()) {
            problems.report(node.place(), "expected a time longer than zero");
        }
        return duration;
    }

    /// Permission bits. YAML 1.1 reads a plain 022 as octal and YAML 1.2 does not; we read digits
    /// as chmod does, and refuse those of which nobody knows how they were meant.
    @Nullable Integer octal(Node node) {
        String what = "octal permission bits such as \"022\"";
        if (!(node instanceof Scalar scalar)) {
            expected(node, what, "; write them as one text");
            return null;
        }
        String text = text(node, what);
        if (text == null) {
            return null;
        }
        String digits = text.startsWith("0o") ? text.substring(2) : text;
        if (!isOctal(digits)) {
            expected(node, what, Suggestions.permissions(text));
            return null;
        } else if (scalar.plain() && !text.startsWith("0")) {
            problems.report(
                    node.place(),
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
            problems.report(node.place(), "expected at most \"0777\", found " + Texts.quoted(text));
            return null;
        }
        return bits;
    }

    private static boolean isOctal(String digits) {
        return Texts.areDigits(digits)
                && digits.length() <= 5
                && digits.indexOf('8') < 0
                && digits.indexOf('9') < 0;
    }

    /// One of the constants, by its word.
    public <E extends Enum<E>> E choice(Node node, E[] constants, E otherwise) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < constants.length; i++) {
            String word = Shape.word(constants[i]);
            if (node instanceof Scalar scalar && scalar.text().equals(word)) {
                return constants[i];
            }
            String comma = i + 1 < constants.length ? ", " : " or ";
            words.append(i == 0 ? "" : comma).append(word);
        }
        expected(node, words.toString(), hint(node, constants));
        return otherwise;
    }

    private static String hint(Node node, Enum<?>[] constants) {
        List<String> words = new ArrayList<>();
        for (Enum<?> constant : constants) {
            words.add(Shape.word(constant));
        }
        if (!(node instanceof Scalar scalar)) {
            return TextHints.ofWord(node, words);
        }
        String flag = scalar.isFlag() ? " (YAML reads the bare word so)" : "";
        String meant = Synonyms.word(scalar.text(), words);
        if (meant != null) {
            return flag + "; write " + meant;
        }
        String nearest = scalar.text().isEmpty() ? null : Nearest.of(scalar.text(), words);
        return flag + (nearest == null ? "" : "; did you mean " + nearest + "?");
    }

    /// The map as a whole; an empty one stands in after a problem.
    public Fields fields(Node node, Shape shape, String what) {
        if (!(node instanceof Mapping map)) {
            expected(node, what, KindHints.ofMap(shape, node));
            return Fields.none(node.place(), this);
        }
        return Fields.of(map, shape, this);
    }
}
