// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.jspecify.annotations.Nullable;

/// Reads names of users and groups, and asks the machine whether it knows them.
record People(Surroundings surroundings) {

    @Nullable String user(Fields fields, String key) {
        String name = fields.name(key, "a user name or number");
        if (name != null && !Texts.areDigits(name) && !surroundings.userExists().test(name)) {
            fields.report(key, "there is no user named " + Texts.quoted(name));
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
            fields.report(key, "there is no group named " + Texts.quoted(name));
        }
        return name;
    }
}
