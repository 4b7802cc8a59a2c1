// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigPaths;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.TextTemplate;
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
/// @param base directory of relative paths
public record LogsReader(ValueReader values, TemplateReader templates, Path base) {
    public static final int MAX_KEPT = 10_000;
    private static final String NOWHERE = "/dev/null";

    /// A path, and what may not be a part of it.
    private static final Pattern MORE = Pattern.compile("(\\S+), +(.+)");

    private static final String FILE = "a file (a path with a slash, or a name with a dot)";

    LogsSpec read(@Nullable ConfigNode configNode) {
        if (configNode == null) {
            return new LogsSpec.Inherit();
        } else if (configNode instanceof Mapping map) {
            return map(ConfigFields.of(map, ConfigShape.LOGS, values));
        } else if (configNode instanceof Scalar scalar
                && (scalar.isNull() || scalar.text().equals("null"))) {
            return new LogsSpec.Discard();
        }
        String what = "inherit, null, journal, " + FILE + " or a map with to";
        String text = values.text(configNode, what);
        if (text != null && isStream(configNode, text)) {
            return new LogsSpec.Inherit();
        }
        return switch (text == null ? "inherit" : text) {
            case "inherit" -> new LogsSpec.Inherit();
            case "journal" -> new LogsSpec.Journal();
            case NOWHERE -> new LogsSpec.Discard();
            case String file -> new LogsSpec.ToFile(path(configNode, file, what));
        };
    }

    private LogsSpec map(ConfigFields configFields) {
        configFields.require("to");
        ConfigNode to = configFields.node("to");
        String text = to == null ? null : values.text(to, FILE);
        if (to != null && text != null && isStream(to, text)) {
            return new LogsSpec.Inherit();
        }
        Path path = to == null || text == null ? base.resolve("?") : path(to, text, FILE);
        List<LogsSpec.Word> prefix = prefix(configFields);
        boolean bounded = configFields.has("max-size") || configFields.has("max-age");
        for (String key : bounded ? List.<String>of() : List.of("keep", "compress")) {
            if (configFields.has(key)) {
                configFields.reportMissing(
                        key,
                        "is about files that were put aside, and none will be; add max-size or"
                                + " max-age");
            }
        }
        Duration age = configFields.positive("max-age", Duration.ofDays(1));
        LogsSpec.Kept kept =
                new LogsSpec.Kept(
                        path,
                        size(configFields.node("max-size")),
                        configFields.has("max-age") ? age : null,
                        configFields.number("keep", 1, MAX_KEPT, LogsSpec.KEEP),
                        configFields.flag("compress", false),
                        prefix);
        if (text != null && text.equals(NOWHERE)) {
            return new LogsSpec.Discard();
        }
        return bounded || !prefix.isEmpty() ? kept : new LogsSpec.ToFile(path);
    }

    private long size(@Nullable ConfigNode configNode) {
        String text = configNode == null ? null : values.text(configNode, "a size such as 64MiB");
        if (configNode == null || text == null) {
            return 0;
        }
        try {
            long bytes = Sizes.parse(text);
            if (bytes < LogsSpec.LEAST_BYTES) {
                values.problems()
                        .report(configNode.place(), "expected at least 4KiB, found " + text);
            }
            return bytes;
        } catch (ValueException e) {
            values.problems().report(configNode.place(), e);
            return 0;
        }
    }

    private List<LogsSpec.Word> prefix(ConfigFields configFields) {
        ConfigNode configNode = configFields.node("prefix");
        List<LogsSpec.Word> words = new ArrayList<>();
        Set<LogsSpec.Word> seen = EnumSet.noneOf(LogsSpec.Word.class);
        for (ConfigNode each :
                configNode == null ? List.<ConfigNode>of() : values.oneOrMany(configNode)) {
            LogsSpec.Word word = values.choice(each, LogsSpec.Word.values(), LogsSpec.Word.TIME);
            if (seen.add(word)) {
                words.add(word);
            }
        }
        return words;
    }

    /// Reports one of the names of the manager's own stdout or stderr.
    private boolean isStream(ConfigNode configNode, String text) {
        boolean stream =
                text.matches(
                        "/dev/(stdin|stdout|stderr|tty|fd/[0-9]+)|/proc/(self|[0-9]+)/fd/[0-9]+");
        if (stream) {
            values.problems()
                    .report(
                            configNode.place(),
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
            default -> "; write ./" + TextUtil.cut(text) + " for a file beside this one";
        };
    }

    /// Returns a path with `%s`, or `${slot}`, for the slot.
    private Path path(ConfigNode configNode, String text, String what) {
        StringBuilder path = new StringBuilder();
        if (text.indexOf('/') < 0 && text.indexOf('.') < 0) {
            boolean inMap = what.equals(FILE);
            values.expected(
                    configNode,
                    what,
                    inMap
                            ? hint(text)
                                    .replaceFirst(
                                            "; write (inherit|\"null\"|journal)",
                                            "; write logs: $1 without a map,")
                                    .replaceFirst(",$", "")
                            : hint(text));
        } else if (text.indexOf("${") < 0) {
            values.isPath(configNode, text, templates.environment());
            Matcher more = MORE.matcher(text);
            if (more.matches()) {
                String size =
                        more.group(2).matches("[0-9]+ *[kKmMgG].*") ? ", max-size: 10MiB" : "";
                values.problems()
                        .warn(
                                configNode.place(),
                                "a file whose name has a comma and a blank in it; if that is not"
                                        + " meant, write { to: "
                                        + TextUtil.cut(more.group(1))
                                        + size
                                        + " }");
            }
        }
        try {
            for (TextTemplate.Part part : templates.parse(text).parts()) {
                switch (part) {
                    case TextTemplate.Text literal -> path.append(literal.text());
                    case TextTemplate.Slot ignored -> path.append("%s");
                    case TextTemplate.AddressOf ignored ->
                            values.problems()
                                    .report(configNode.place(), "an address cannot name a file");
                    case TextTemplate.ReleasePath ignored -> noRelease(configNode);
                    case TextTemplate.ReleaseName ignored -> noRelease(configNode);
                }
            }
        } catch (ValueException e) {
            values.problems().report(configNode.place(), e);
        }
        return ConfigPaths.of(base, path.toString());
    }

    private void noRelease(ConfigNode configNode) {
        values.problems()
                .report(
                        configNode.place(),
                        "a log file cannot be named after the release: a program has one log for"
                                + " all its releases; write a path without ${release}");
    }
}
