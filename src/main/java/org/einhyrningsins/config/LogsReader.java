// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.Node.Mapping;
import org.einhyrningsins.config.Node.Scalar;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.Template;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Reads `logs`: a word, a file, or a map that says what is to be done with the file.
///
/// @param base where a relative path begins
record LogsReader(Values values, Templates templates, Path base) {
    static final int MOST_KEPT = 10_000;
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
        return switch (text == null ? "inherit" : text) {
            case "inherit" -> new LogsSpec.Inherit();
            case "journal" -> new LogsSpec.Journal();
            case String file -> new LogsSpec.ToFile(path(node, file, what));
        };
    }

    private LogsSpec map(Fields fields) {
        fields.require("to");
        Node to = fields.node("to");
        String text = to == null ? null : values.text(to, FILE);
        Path path = to == null || text == null ? base.resolve("?") : path(to, text, FILE);
        List<LogsSpec.Word> prefix = prefix(fields);
        boolean bounded = fields.has("max-size") || fields.has("max-age");
        for (String key : bounded ? List.<String>of() : List.of("keep", "compress")) {
            if (fields.has(key)) {
                fields.report(
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
            values.problems().report(node.place(), e.reason());
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

    /// With `%s`, or `${slot}`, for the slot.
    private Path path(Node node, String text, String what) {
        StringBuilder path = new StringBuilder();
        if (text.indexOf('/') < 0 && text.indexOf('.') < 0) {
            values.expected(node, what);
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
            values.problems().report(node.place(), e.reason());
        }
        return Paths.of(base, path.toString());
    }
}
