// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.FileContents;

import java.util.Map;
import java.util.function.Predicate;

/// What the loader may ask of the machine, besides host names, and what files there are.
///
/// @param environment what `${env.NAME}` is replaced from
/// @param processors what `workers: cpus` stands for
/// @param userExists whether a user name is known; not asked about numbers
/// @param groupExists whether a group name is known; not asked about numbers
/// @param rights what the kernel would allow
/// @param contents reads files
public record LoadEnvironment(
        Map<String, String> environment,
        int processors,
        Predicate<String> userExists,
        Predicate<String> groupExists,
        KernelRights rights,
        FileContents contents) {
    public LoadEnvironment {
        environment = Map.copyOf(environment);
    }

    /// With all rights, and files that are waited for.
    public LoadEnvironment(
            Map<String, String> environment,
            int processors,
            Predicate<String> userExists,
            Predicate<String> groupExists) {
        this(
                environment,
                processors,
                userExists,
                groupExists,
                KernelRights.ALL,
                FileContents.WAITING);
    }
}
