// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.FileContents;

import java.util.Map;
import java.util.function.Predicate;

/// Environment of the loader: what it may ask of the machine, besides host names, and the contents
/// of files.
///
/// @param environment variables for `${env.NAME}`
/// @param processors value of `workers: cpus`
/// @param userExists true for a known user name; not asked about numbers
/// @param groupExists true for a known group name; not asked about numbers
/// @param rights rights that the kernel would give
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

    /// Makes an environment with all rights, and files that are waited for.
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
