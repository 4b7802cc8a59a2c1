// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.config.Surroundings;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.attribute.UserPrincipalLookupService;

/// The machine a file is checked on.
final class Machine {
    private Machine() {}

    /// Users and groups as the C library knows them, asked through the JDK: `check` need not load
    /// what the manager calls the operating system with.
    static Surroundings surroundings() {
        return new Surroundings(
                System.getenv(),
                Runtime.getRuntime().availableProcessors(),
                Machine::userExists,
                Machine::groupExists);
    }

    private static boolean userExists(String name) {
        try {
            return people().lookupPrincipalByName(name) != null;
        } catch (IOException unknown) {
            return false;
        }
    }

    private static boolean groupExists(String name) {
        try {
            return people().lookupPrincipalByGroupName(name) != null;
        } catch (IOException unknown) {
            return false;
        }
    }

    private static UserPrincipalLookupService people() {
        return FileSystems.getDefault().getUserPrincipalLookupService();
    }
}
