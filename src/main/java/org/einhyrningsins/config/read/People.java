// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.manager.AllowSpec.Who;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Reads names of users and groups, and asks the machine whether it knows them.
record People(Surroundings surroundings) {
    /// The one above means nobody to the kernel.
    private static final long LARGEST_NUMBER = 0xffff_fffeL;

    private static final String WHO = "a user such as deploy, or a group such as \"@ops\"";

    @Nullable String user(Fields fields, String key) {
        String name = fields.name(key, "a user name or number");
        if (name != null && !Texts.areDigits(name) && !surroundings.userExists().test(name)) {
            fields.report(key, "there is no user named " + Texts.quoted(name) + instead(key, name));
        }
        return name;
    }

    /// The user that workers shall run as.
    @Nullable String worker(Fields fields, String key) {
        String name = user(fields, key);
        if (name != null && !surroundings.rights().become(name)) {
            fields.warn(key, "only root, or whoever has CAP_SETUID, can run it as another user");
        }
        return name;
    }

    @Nullable String group(Fields fields, String key) {
        String name = fields.name(key, "a group name or number");
        if (name != null && !Texts.areDigits(name) && !surroundings.groupExists().test(name)) {
            fields.report(key, "there is no group named " + Texts.quoted(name) + instead("", name));
        }
        return name;
    }

    /// Docker and chown(1) write a user and a group in one.
    ///
    /// @param key of the user; empty for a group
    private static String instead(String key, String name) {
        if (name.indexOf('$') >= 0 || name.indexOf('%') >= 0) {
            return "; nothing is replaced in a name: write the name itself";
        }
        String[] parts = name.split("[:]", -1);
        if (parts.length != 2 || parts[1].isEmpty()) {
            return "; make it first, or write another";
        }
        String user = parts[0].isEmpty() || key.isEmpty() ? "" : key + ": " + word(parts[0]) + ", ";
        return "; write " + user + "group: " + word(parts[1]);
    }

    private static String word(String name) {
        return Texts.areDigits(name) ? '"' + name + '"' : Texts.cut(name);
    }

    /// Users, and groups with an `@` before them.
    List<Who> whos(Fields fields, String key) {
        List<Who> whos = new ArrayList<>();
        Node list = fields.node(key);
        for (Node node : list == null ? List.<Node>of() : fields.values().oneOrMany(list)) {
            Who who = who(fields.values(), node);
            if (who != null) {
                whos.add(who);
            }
        }
        return whos;
    }

    private @Nullable Who who(Values values, Node node) {
        String text = values.text(node, WHO);
        if (text == null) {
            return null;
        }
        boolean group = text.startsWith("@");
        String name = group ? text.substring(1) : text;
        if (name.isEmpty() || isTooLarge(name)) {
            values.expected(node, WHO);
            return null;
        }
        boolean known =
                Texts.areDigits(name)
                        || (group ? surroundings.groupExists() : surroundings.userExists())
                                .test(name);
        if (!known) {
            String kind = group ? "group" : "user";
            String message =
                    "there is no "
                            + kind
                            + " named "
                            + Texts.quoted(name)
                            + "; make it first, or write another";
            values.problems().report(node.place(), message);
        }
        return new Who(name, group);
    }

    private static boolean isTooLarge(String name) {
        return Texts.areDigits(name)
                && (name.length() > 10 || Long.parseLong(name) > LARGEST_NUMBER);
    }
}
