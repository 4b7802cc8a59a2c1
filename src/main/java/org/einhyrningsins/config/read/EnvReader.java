// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.MapHints;
import org.einhyrningsins.config.value.ShellSyntaxWarnings;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.TextTemplate;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Reads the variables of programs: `env`, `env-file` and `drop-env`.
final class EnvReader {
    /// @param files the files of `env-file` that were read, or should have been
    /// @param obstacle why the program cannot be started; null for nothing
    record ProgramVariables(
            SequencedMap<String, TextTemplate> env,
            List<String> dropped,
            List<Path> files,
            @Nullable String obstacle) {}

    private final Path main;
    private final LoadEnvironment loadEnvironment;
    private final ConfigLimits configLimits;
    private final Map<Path, SequencedMap<String, TextTemplate>> envFiles = new HashMap<>();
    private final ProblemCollector problemCollector;
    private final ValueReader valueReader;

    /// @param main the main file, as the user named it
    EnvReader(
            Path main,
            LoadEnvironment loadEnvironment,
            ConfigLimits configLimits,
            ValueReader valueReader) {
        this.main = main;
        this.loadEnvironment = loadEnvironment;
        this.configLimits = configLimits;
        this.problemCollector = valueReader.problems();
        this.valueReader = valueReader;
    }

    /// @param release the release that files of variables are read from; null for none
    ProgramVariables read(
            ConfigFields program, TemplateReader templateReader, @Nullable Release release) {
        SequencedMap<String, TextTemplate> env = new LinkedHashMap<>();
        List<Path> named = new ArrayList<>();
        String obstacle = null;
        ConfigNode files = program.node("env-file");
        for (ConfigNode file :
                files == null ? List.<ConfigNode>of() : valueReader.oneOrMany(files)) {
            String text = valueReader.text(file, "a file");
            // as in systemd: one with a dash before it may be missing
            boolean optional = text != null && text.startsWith("-");
            String name = text == null ? "" : text.substring(optional ? 1 : 0);
            if (text != null && valueReader.isPath(file, name, loadEnvironment.environment())) {
                Path path = inRelease(release, main.resolveSibling(name));
                if (!optional || Files.exists(path)) {
                    named.add(path);
                    String found = envFile(path, file.place(), env);
                    obstacle = found == null ? obstacle : found;
                }
            }
        }
        ConfigNode configNode = program.node("env");
        if (configNode instanceof Mapping map) {
            for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
                variable(entry.getKey(), entry.getValue(), templateReader, env);
            }
        } else if (configNode != null) {
            valueReader.expected(
                    configNode, "a map of variables", MapHints.ofVariables(configNode));
        }
        return new ProgramVariables(env, dropped(program), named, obstacle);
    }

    /// Returns the path of a file, in the release if it leads through its link.
    private static Path inRelease(@Nullable Release release, Path path) {
        if (release == null) {
            return path;
        }
        Path absolute = path.toAbsolutePath().normalize();
        Path kept = release.in(absolute);
        return kept.equals(absolute) ? path : kept;
    }

    /// Reads a file of variables. A mistake in a file that other users may change is no problem of
    /// the whole configuration, or they could keep all programs from being deployed.
    ///
    /// @return why the program cannot be started then; null for nothing
    private @Nullable String envFile(
            Path path, SourcePosition mention, Map<String, TextTemplate> into) {
        if (loadEnvironment.rights().otherOwner(path, null, true) == null) {
            envFile(path, mention, into, problemCollector);
            return null;
        }
        ProblemCollector found = new ProblemCollector();
        envFile(path, mention, into, found);
        if (found.none()) {
            return null;
        }
        ConfigProblem first = found.problems().getFirst();
        boolean inside = first.file().equals(path) && first.line() > 0;
        String where = inside ? path + ":" + first.line() + ": " : "";
        String obstacle = "env-file: " + where + first.message();
        problemCollector.warn(
                mention,
                where
                        + first.message()
                        + "; no worker of this program can be started. Others may change that"
                        + " file, so it keeps no other program from being deployed");
        return obstacle;
    }

    /// A file that many programs name is read once.
    private void envFile(
            Path path,
            SourcePosition mention,
            Map<String, TextTemplate> into,
            ProblemCollector problemCollector) {
        SequencedMap<String, TextTemplate> variables = envFiles.get(path);
        if (variables == null) {
            variables = new LinkedHashMap<>();
            SourceText sourceText =
                    SourceText.read(
                            path,
                            mention,
                            loadEnvironment.contents(),
                            configLimits,
                            problemCollector,
                            true);
            if (sourceText == null) {
                return;
            }
            EnvFile.read(sourceText, variables, problemCollector);
            if (problemCollector == this.problemCollector || problemCollector.none()) {
                envFiles.put(path, variables); // else whoever also names it has to learn of it
            }
        }
        if (configLimits.takeValues(2 * variables.size())) {
            into.putAll(variables);
        } else {
            problemCollector.report(
                    mention,
                    "with this file there are more than 200,000 values in all programs together");
        }
    }

    private void variable(
            String name,
            Entry entry,
            TemplateReader templateReader,
            Map<String, TextTemplate> env) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
            problemCollector.report(
                    entry.key(),
                    TextUtil.quoted(name) + " cannot be the name of a variable; write NAME: value");
        }
        TextTemplate value =
                new CommandReader(valueReader, templateReader)
                        .template(entry.value(), "text (\"\" for an empty one)");
        if (value != null) {
            env.put(name, value);
            warnOfShell(entry.value());
        }
    }

    private void warnOfShell(ConfigNode value) {
        if (value instanceof Scalar scalar && isShellish(scalar.text())) {
            String why = ShellSyntaxWarnings.inValue(scalar.text(), loadEnvironment.environment());
            if (why != null && !value.place().written().startsWith("'")) {
                problemCollector.warn(value.place(), why);
            }
        }
    }

    private static boolean isShellish(String text) {
        return text.indexOf('$') >= 0 || text.indexOf('`') >= 0 || text.startsWith("~");
    }

    private static List<String> dropped(ConfigFields program) {
        List<String> names = program.texts("drop-env", "the name of a variable");
        for (String name : names) {
            if (name.indexOf(',') > 0) {
                program.warn(
                        "drop-env",
                        TextUtil.quoted(name)
                                + " is one name; write ["
                                + TextUtil.cut(name.replaceAll("\\s*,\\s*", ", "))
                                + "]");
            } else if (name.indexOf('=') > 0) {
                program.warn(
                        "drop-env",
                        TextUtil.quoted(name)
                                + " is no name; write "
                                + TextUtil.cut(name.substring(0, name.indexOf('='))));
            }
        }
        return names;
    }
}
