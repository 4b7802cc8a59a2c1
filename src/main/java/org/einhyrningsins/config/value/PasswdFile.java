// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The users of `/etc/passwd`, for an import that has to write down what is so on this machine.
public final class PasswdFile {
    private static final Path PASSWD = Path.of("/etc/passwd");
    private static final int FIELDS = 7;

    private PasswdFile() {}

    /// The home directory of a user by name or number; empty if nobody is called so.
    public static String home(String user) {
        return user.equals("root") ? "/root" : field(user, 5);
    }

    /// True if there is a user of that name or number.
    public static boolean exists(String user) {
        return !field(user, 0).isEmpty();
    }

    private static String field(String user, int field) {
        try {
            for (String line : Files.readAllLines(PASSWD)) {
                String[] fields = line.split(":", -1);
                if (fields.length == FIELDS && (fields[0].equals(user) || fields[2].equals(user))) {
                    return fields[field];
                }
            }
        } catch (IOException _) {
            // no such file, or not text: then nobody is known
            return "";
        }
        return "";
    }
}
