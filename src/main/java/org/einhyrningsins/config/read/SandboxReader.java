// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigPaths;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.process.SandboxSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Reads what a worker may reach.
record SandboxReader(ValueReader values, LoadEnvironment surroundings, Path base) {
    private static final int MAX_PORT = 65_535;

    @Nullable SandboxSpec read(ConfigFields program) {
        if (!program.has("sandbox")) {
            return null;
        }
        ConfigFields map = program.fields("sandbox", ConfigShape.SANDBOX);
        SandboxSpec sandbox =
                new SandboxSpec(
                        paths(map.node("read")),
                        paths(map.node("write")),
                        ports(map.node("connect")),
                        ports(map.node("bind")),
                        scopes(map.node("scope")),
                        map.flag("required", true));
        if (program.has("no-new-privs") && !program.flag("no-new-privs", true)) {
            program.report(
                    "no-new-privs", "a worker in a sandbox can gain no privileges; leave one out");
        }
        int abi = surroundings.rights().landlock();
        if (abi < sandbox.abi()) {
            missing(program, sandbox, abi);
        }
        return sandbox;
    }

    private static void missing(ConfigFields program, SandboxSpec sandbox, int abi) {
        String why = "it takes Landlock " + sandbox.abi() + " of the kernel, and there is ";
        String found = abi <= 0 ? "none (see lsm= of its command line)" : Integer.toString(abi);
        if (sandbox.required()) {
            program.report("sandbox", why + found + "; with required: false it does without");
        } else {
            program.warn("sandbox", why + found + "; what it lacks is not held to");
        }
    }

    private List<Path> paths(@Nullable ConfigNode configNode) {
        List<Path> paths = new ArrayList<>();
        for (ConfigNode one :
                configNode == null ? List.<ConfigNode>of() : values.oneOrMany(configNode)) {
            String text = values.text(one, "a path");
            if (text != null && text.isEmpty()) {
                values.expected(one, "a path");
            } else if (text != null && values.isPath(one, text, surroundings.environment())) {
                paths.add(ConfigPaths.of(base, text));
            }
        }
        return paths;
    }

    private List<SandboxSpec.Scope> scopes(@Nullable ConfigNode configNode) {
        List<SandboxSpec.Scope> scopes = new ArrayList<>();
        for (ConfigNode one :
                configNode == null ? List.<ConfigNode>of() : values.oneOrMany(configNode)) {
            scopes.add(values.choice(one, SandboxSpec.Scope.values(), SandboxSpec.Scope.SIGNALS));
        }
        return scopes;
    }

    private @Nullable List<Integer> ports(@Nullable ConfigNode configNode) {
        if (configNode == null) {
            return null;
        }
        List<Integer> ports = new ArrayList<>();
        for (ConfigNode one : values.oneOrMany(configNode)) {
            ports.add(values.number(one, 0, MAX_PORT, 0));
        }
        return ports;
    }
}
