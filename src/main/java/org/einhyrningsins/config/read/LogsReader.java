// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Paths;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.Templates;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.Template;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads `logs`: a word, a file, or a map that says what is to be done with the file.
///
/// @param base where a relative path begins
public record LogsReader(Values values, Templates templates, Path base) {
    public static final int MOST_KEPT = 10_000;
    private static final String NOWHERE = "/dev/null";

    /// A path, and what may not be a part of it.
    private static final Pattern MORE = Pattern.compile("(\\S+), +(.+)");

    private static final String FILE = "a file (a path with a slash, or a name with a dot)";

    LogsSpec read(@Nullable Node node) {
        if (node == null) {
            return new LogsSpec.Inherit();
        } else if (node instanceof Mapping map) {
            return map(Fields.of(map, Shape.LOGS, values));
        } else if (node instanceof Scalar scalar
                && (scalar.isNull() || scalar.text().equals("null"))) {
            return new LogsSpec.Discard();
        }
        String what = "inherit, null, journal, " + FILE + " or a map with to";
        String text = values.text(node, what);
        if (text != null && isStream(node, text)) {
            return new LogsSpec.Inherit();
        }
        return switch (text == null ? "inherit" : text) {
            case "inherit" -> new LogsSpec.Inherit();
            case "journal" -> new LogsSpec.Journal();
            case NOWHERE -> new LogsSpec.Discard();
            case String file -> new LogsSpec.ToFile(path(node, file, what));
        };
    }

    private LogsSpec map(Fields fields) {
        fields.require("to");
        Node to = fields.node("to");
        String text = to == null ? null : values.text(to, FILE);
        if (to != null && text != null && isStream(to, text)) {
            return new LogsSpec.Inherit();
        }
        Path path = to == null || text == null ? base.resolve("?") : path(to, text, FILE);
        List<LogsSpec.Word> prefix = prefix(fields);
        boolean bounded = fields.has("max-size") || fields.has("max-age");
        for (String key : bounded ? List.<String>of() : List.of("keep", "compress")) {
            if (fields.has(key)) {
                fields.reportMissing(
                        key,
                        "is about files that were put aside, and none will be; add max-size or"
                                + " max-age");
            }
        }
        Duration age = fields.positive("max-age", Duration.ofDays(1));
        LogsSpec.Kept kept =
                new LogsSpec.Kept(
                        path,
                        size(fields.node("max-size")),
                        fields.has("max-age") ? age : null,
                        fields.number("keep", 1, MOST_KEPT, LogsSpec.KEEP),
                        fields.flag("compress", false),
                        prefix);
        if (text != null && text.equals(NOWHERE)) {
            return new LogsSpec.Discard();
        }
        return bounded || !prefix.isEmpty() ? kept : new LogsSpec.ToFile(path);
    }

    private long size(@Nullable Node node) {
        String text = node == null ? null : values.text(node, "a size such as 64MiB");
        if (node == null || text == null) {
            return 0;
        }
        try {
            long bytes = Sizes.parse(text);
            if (bytes < LogsSpec.LEAST_BYTES) {
                values.problems().report(node.place(), "expected at least 4KiB, found " + text);
            }
            return bytes;
        } catch (Misread e) {
            values.problems().report(node.place(), e);
            return 0;
        }
    }

    private List<LogsSpec.Word> prefix(Fields fields) {
        Node node = fields.node("prefix");
        List<LogsSpec.Word> words = new ArrayList<>();
        Set<LogsSpec.Word> seen = EnumSet.noneOf(LogsSpec.Word.class);
        for (Node each : node == null ? List.<Node>of() : values.oneOrMany(node)) {
            LogsSpec.Word word = values.choice(each, LogsSpec.Word.values(), LogsSpec.Word.TIME);
            if (seen.add(word)) {
                words.add(word);
            }
        }
        return words;
    }

    /// Reports one of the names of the manager's own stdout or stderr.
    private boolean isStream(Node node, String text) {
        boolean stream =
                text.matches(
                        "/dev/(stdin|stdout|stderr|tty|fd/[0-9]+)|/proc/(self|[0-9]+)/fd/[0-9]+");
        if (stream) {
            values.problems()
                    .report(
                            node.place(),
                            text
                                    + " is no file, and cannot be opened for a worker by that name;"
                                    + " write logs: inherit, and workers write to the manager's"
                                    + " stdout and stderr");
        }
        return stream;
    }

    private static String hint(String text) {
        return switch (text.toLowerCase(java.util.Locale.ROOT)) {
            case "stdout", "stderr", "console", "terminal", "tty", "yes", "true", "on" ->
                    "; write inherit for the manager's stdout and stderr";
            case "inherit", "null", "journal" ->
                    "; write logs: " + (text.equals("null") ? "\"null\"" : text) + " without a map";
            case "none", "off", "no", "false", "discard", "ignore", "devnull" ->
                    "; write \"null\" for output that nobody keeps";
            case "journald", "systemd", "syslog" -> "; write journal";
            default -> "; write ./" + Texts.cut(text) + " for a file beside this one";
        };
    }

    /// With `%s`, or `${slot}`, for the slot.
    private Path path(Node node, String text, String what) {
        StringBuilder path = new StringBuilder();
        if (text.indexOf('/') < 0 && text.indexOf('.') < 0) {
            boolean inMap = what.equals(FILE);
            values.expected(
                    node,
                    what,
                    inMap
                            ? hint(text)
                                    .replaceFirst(
                                            "; write (inherit|\"null\"|journal)",
                                            "; write logs: $1 without a map,")
                                    .replaceFirst(",$", "")
                            : hint(text));
        } else if (text.indexOf("${") < 0) {
            values.isPath(node, text, templates.environment());
            Matcher more = MORE.matcher(text);
            if (more.matches()) {
                String size =
                        more.group(2).matches("[0-9]+ *[kKmMgG].*") ? ", max-size: 10MiB" : "";
                values.problems()
                        .warn(
                                node.place(),
                                "a file whose name has a comma and a blank in it; if that is not"
                                        + " meant, write { to: "
                                        + Texts.cut(more.group(1))
                                        + size
                                        + " }");
            }
        }
        try {
            for (Template.Part part : templates.parse(text).parts()) {
                switch (part) {
                    case Template.Text literal -> path.append(literal.text());
                    case Template.Slot ignored -> path.append("%s");
                    case Template.AddressOf ignored ->
                            values.problems().report(node.place(), "an address cannot name a file");
                }
            }
        } catch (Misread e) {
            values.problems().report(node.place(), e);
        }
        return Paths.of(base, path.toString());
    }
}
