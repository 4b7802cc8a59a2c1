// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.check.BindConflicts;
import org.einhyrningsins.config.source.ConfigPaths;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.SocketSpec.UnixPath;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Reads `control`: the manager's socket, and who may connect to it.
record ControlReader(Path base, LoadEnvironment loadEnvironment, BindConflicts book) {
    /// Write permissions of group and others: to connect to a socket needs write permission.
    private static final int WRITABLE_BY_OTHERS = 0022;

    ControlSpec read(ConfigFields configFields) {
        String socket = configFields.path("socket", "a path", loadEnvironment.environment());
        Integer mode = configFields.octal("mode");
        AllowSpec allow = allow(configFields, mode);
        Path path = socket == null ? null : ConfigPaths.of(base, socket);
        if (path != null) {
            book.claimName(new UnixPath(path), "control", configFields.place("socket"));
            if (path.getParent() != null) {
                String what = "put another socket in its place";
                KernelRights.Stranger stranger =
                        loadEnvironment.rights().otherOwner(path.getParent(), null, false);
                if (stranger != null) {
                    configFields.warn("socket", stranger.could(what));
                }
            }
        }
        return new ControlSpec(
                path,
                mode == null ? usualMode(allow) : mode,
                allow,
                configFields.flag("keeper", ControlSpec.DEFAULT.keeper()));
    }

    /// Returns the default mode of the socket: the file's mode must not exclude those whom `allow`
    /// admits.
    private static int usualMode(@Nullable AllowSpec allow) {
        return allow == null || allow.isEmpty() ? ControlSpec.DEFAULT.mode() : ControlSpec.OPEN;
    }

    private @Nullable AllowSpec allow(ConfigFields control, @Nullable Integer mode) {
        if (!control.has("allow")) {
            return null;
        }
        AccountReader accountReader = new AccountReader(loadEnvironment);
        ConfigFields configFields = control.fields("allow", ConfigShape.ALLOW);
        AllowSpec allow =
                new AllowSpec(
                        accountReader.readAccounts(configFields, "admin"),
                        accountReader.readAccounts(configFields, "read"));
        if (mode != null && (mode & WRITABLE_BY_OTHERS) == 0 && !allow.isEmpty()) {
            control.warn(
                    "mode",
                    "only the manager's own user and root get as far as the socket, so allow lets"
                            + " nobody else in; leave mode out for \"0666\"");
        }
        return allow;
    }
}
