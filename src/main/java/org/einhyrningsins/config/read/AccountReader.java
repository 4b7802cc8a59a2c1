// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.manager.AllowSpec.Who;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Reads names of users and groups, and asks the machine whether it knows them.
record AccountReader(LoadEnvironment surroundings) {
    /// The one above means nobody to the kernel.
    private static final long LARGEST_NUMBER = 0xffff_fffeL;

    private static final String WHO = "a user such as deploy, or a group such as \"@ops\"";

    @Nullable String user(ConfigFields configFields, String key) {
        String name = configFields.name(key, "a user name or number");
        if (name != null && !TextUtil.areDigits(name) && !surroundings.userExists().test(name)) {
            configFields.report(
                    key, "there is no user named " + TextUtil.quoted(name) + instead(key, name));
        }
        return name;
    }

    /// The user that workers shall run as.
    @Nullable String worker(ConfigFields configFields, String key) {
        String name = user(configFields, key);
        if (name != null && !surroundings.rights().canRunAs(name)) {
            configFields.warn(
                    key, "only root, or whoever has CAP_SETUID, can run it as another user");
        }
        return name;
    }

    @Nullable String group(ConfigFields configFields, String key) {
        String name = configFields.name(key, "a group name or number");
        if (name != null && !TextUtil.areDigits(name) && !surroundings.groupExists().test(name)) {
            configFields.report(
                    key, "there is no group named " + TextUtil.quoted(name) + instead("", name));
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
        return TextUtil.areDigits(name) ? '"' + name + '"' : TextUtil.cut(name);
    }

    /// Users, and groups with an `@` before them.
    List<Who> readAccounts(ConfigFields configFields, String key) {
        List<Who> whos = new ArrayList<>();
        ConfigNode list = configFields.node(key);
        for (ConfigNode configNode :
                list == null ? List.<ConfigNode>of() : configFields.values().oneOrMany(list)) {
            Who who = readAccount(configFields.values(), configNode);
            if (who != null) {
                whos.add(who);
            }
        }
        return whos;
    }

    private @Nullable Who readAccount(ValueReader valueReader, ConfigNode configNode) {
        String text = valueReader.text(configNode, WHO);
        if (text == null) {
            return null;
        }
        boolean group = text.startsWith("@");
        String name = group ? text.substring(1) : text;
        if (name.isEmpty() || isTooLarge(name)) {
            valueReader.expected(configNode, WHO);
            return null;
        }
        boolean known =
                TextUtil.areDigits(name)
                        || (group ? surroundings.groupExists() : surroundings.userExists())
                                .test(name);
        if (!known) {
            String kind = group ? "group" : "user";
            String message =
                    "there is no "
                            + kind
                            + " named "
                            + TextUtil.quoted(name)
                            + "; make it first, or write another";
            valueReader.problems().report(configNode.place(), message);
        }
        return new Who(name, group);
    }

    private static boolean isTooLarge(String name) {
        return TextUtil.areDigits(name)
                && (name.length() > 10 || Long.parseLong(name) > LARGEST_NUMBER);
    }
}
