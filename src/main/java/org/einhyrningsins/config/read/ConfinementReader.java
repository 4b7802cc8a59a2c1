// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigPaths;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.process.Capability;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.DirectorySpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/// Reads what a worker may gain and take beyond what its user may.
record ConfinementReader(ValueReader values, LoadEnvironment surroundings, Path base) {
    private static final String PREFIX = "CAP_";
    private static final String WHAT = "a capability such as NET_BIND_SERVICE";

    /// @param cgroup the limits of a worker's control group; null for none
    ConfinementSpec read(ConfigFields program, @Nullable CgroupSpec cgroup) {
        return new ConfinementSpec(
                program.has("no-new-privs") ? program.flag("no-new-privs", true) : null,
                capabilities(program),
                new SchedulingReader(values).read(program),
                directories(program.node("directories")),
                credentials(program.node("credentials")),
                new SandboxReader(values, surroundings, base).read(program),
                cgroup);
    }

    private SequencedMap<String, Path> credentials(@Nullable ConfigNode configNode) {
        SequencedMap<String, Path> credentials = new LinkedHashMap<>();
        if (configNode instanceof ConfigNode.Mapping map) {
            for (Map.Entry<String, ConfigNode.Entry> entry : map.entries().entrySet()) {
                Path file = secret(entry.getKey(), entry.getValue());
                if (file != null) {
                    credentials.put(entry.getKey(), file);
                }
            }
        } else if (configNode != null) {
            values.expected(configNode, "a map of files", "; write { NAME: /etc/keys/NAME }");
        }
        return credentials;
    }

    private @Nullable Path secret(String name, ConfigNode.Entry entry) {
        if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")) {
            values.problems()
                    .report(
                            entry.key(),
                            TextUtil.quoted(name)
                                    + " cannot be the name of a credential; it has letters,"
                                    + " digits, _, - and .");
        }
        String text = values.text(entry.value(), "the path of a file");
        if (text == null || !values.isPath(entry.value(), text, surroundings.environment())) {
            return null;
        } else if (text.isEmpty()) {
            values.expected(entry.value(), "the path of a file");
            return null;
        }
        Path file = ConfigPaths.of(base, text);
        if (!Files.exists(file)) {
            values.problems().warn(entry.value().place(), "there is no file " + file + " yet");
        }
        return file;
    }

    private List<DirectorySpec> directories(@Nullable ConfigNode configNode) {
        List<DirectorySpec> directories = new ArrayList<>();
        for (ConfigNode one :
                configNode == null ? List.<ConfigNode>of() : values.oneOrMany(configNode)) {
            DirectorySpec directory =
                    one instanceof ConfigNode.Mapping
                            ? directory(values.fields(one, ConfigShape.DIRECTORY, "a directory"))
                            : directory(one, DirectorySpec.USUAL_MODE);
            if (directory != null) {
                directories.add(directory);
            }
        }
        return directories;
    }

    private @Nullable DirectorySpec directory(ConfigFields map) {
        map.require("path");
        ConfigNode path = map.node("path");
        Integer mode = map.octal("mode");
        return path == null
                ? null
                : directory(path, mode == null ? DirectorySpec.USUAL_MODE : mode);
    }

    private @Nullable DirectorySpec directory(ConfigNode configNode, int mode) {
        String text = values.text(configNode, "the path of a directory");
        if (text == null || !values.isPath(configNode, text, surroundings.environment())) {
            return null;
        } else if (text.isEmpty() || ConfigPaths.of(base, text).getParent() == null) {
            values.expected(configNode, "the path of a directory below others");
            return null;
        }
        return new DirectorySpec(ConfigPaths.of(base, text), mode);
    }

    private @Nullable List<Capability> capabilities(ConfigFields program) {
        ConfigNode configNode = program.node("capabilities");
        if (configNode == null) {
            return null;
        }
        List<Capability> capabilities = new ArrayList<>();
        for (ConfigNode one : values.oneOrMany(configNode)) {
            Capability capability = capability(one);
            if (capability != null) {
                capabilities.add(capability);
                if (!surroundings.rights().canGrant(capability)) {
                    String why = "only a manager that has " + PREFIX + capability + " can give it";
                    values.problems().warn(one.place(), why);
                }
            }
        }
        return capabilities;
    }

    /// Reads a capability as capabilities(7) writes it, with or without its CAP_, in any case.
    private @Nullable Capability capability(ConfigNode configNode) {
        String text = values.text(configNode, WHAT);
        if (text == null) {
            return null;
        }
        String name = text.toUpperCase(Locale.ROOT).replace('-', '_');
        String bare = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
        for (Capability capability : Capability.values()) {
            if (capability.name().equals(bare)) {
                return capability;
            }
        }
        values.expected(configNode, WHAT, hint(bare, text));
        return null;
    }

    private static String hint(String name, String text) {
        List<String> names = new ArrayList<>();
        for (Capability capability : Capability.values()) {
            names.add(capability.name().toLowerCase(Locale.ROOT));
        }
        String nearest = SpellingSuggestion.of(name, names);
        String[] several = text.strip().split("[\\s,|+]+", -1);
        if (several.length > 1) {
            return "; write [" + TextUtil.cut(String.join(", ", several)) + "]";
        }
        return switch (name) {
            case "ALL", "FULL", "*" -> "; leave the key out in a program of root, which has all";
            case "NONE", "" -> "; write [] for none";
            default ->
                    nearest == null
                            ? "; capabilities(7) has their names"
                            : "; did you mean " + nearest.toUpperCase(Locale.ROOT) + "?";
        };
    }
}
