// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.LoadEnvironment;

import java.util.ArrayList;
import java.util.List;

/// The users and groups that a program of an import names.
final class ImportedUsers {
    private final List<Person> people = new ArrayList<>();

    /// @param key `user`, `group`, `bind.owner` or `bind.group`
    /// @param name or number
    /// @param setting that names it
    record Person(String key, String name, ForeignSetting setting) {
        /// True if it owns the file of a socket.
        boolean isOwner() {
            return key.startsWith("bind.");
        }

        boolean isGroup() {
            return key.endsWith("group");
        }

        /// Returns its part of the socket's map.
        String part() {
            return ImportedUsers.part(key.substring("bind.".length()), name);
        }

        String why() {
            String kind = isGroup() ? "group" : "user";
            return "there is no such " + kind + " here; make it, then write " + write();
        }

        private String write() {
            String word = key.substring(key.indexOf('.') + 1) + ": " + YamlText.quoted(name);
            return isOwner() ? word + " in bind" : word;
        }
    }

    void add(String key, String name, ForeignSetting foreignSetting) {
        people.add(new Person(key, name, foreignSetting));
    }

    static String part(String key, String name) {
        return ", " + key + ": " + YamlText.quoted(name);
    }

    /// Returns those that the machine does not know. A number need not be known.
    List<Person> unknownAccounts(LoadEnvironment machine) {
        return people.stream().filter(person -> !isKnown(person, machine)).toList();
    }

    private static boolean isKnown(Person person, LoadEnvironment machine) {
        return TextUtil.areDigits(person.name())
                || (person.isGroup() ? machine.groupExists() : machine.userExists())
                        .test(person.name());
    }
}
