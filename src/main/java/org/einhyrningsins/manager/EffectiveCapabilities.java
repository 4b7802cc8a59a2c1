// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.manager.runtime.PathTrust;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.spawn.Landlock;
import org.einhyrningsins.spec.process.Capability;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/// The rights of this process: its effective capabilities, see capabilities(7). What /proc does not
/// tell counts as allowed, for nothing but a warning depends on it.
final class EffectiveCapabilities implements KernelRights {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path FIRST_FREE_PORT =
            Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start");

    private final PathTrust pathTrust = new PathTrust();

    @Override
    public @Nullable Stranger otherOwner(Path file, @Nullable String user, boolean groups) {
        return pathTrust.on(file, user, groups);
    }

    @Override
    public boolean canBind(int port) {
        return port == 0 || port >= firstFreePort() || canGrant(Capability.NET_BIND_SERVICE);
    }

    @Override
    public boolean canRunAs(String user) {
        return canGrant(Capability.SETUID) || number(user) == Processes.user();
    }

    @Override
    public int landlock() {
        return Landlock.abi();
    }

    private static long number(String user) {
        try {
            return Long.parseLong(user);
        } catch (NumberFormatException _) {
            OptionalInt known = Accounts.uid(user);
            return known.orElse(-1);
        }
    }

    private static int firstFreePort() {
        String text = read(FIRST_FREE_PORT);
        return text == null ? 0 : Integer.parseInt(text.strip());
    }

    @Override
    public boolean canGrant(Capability capability) {
        String status = read(STATUS);
        int line = status == null ? -1 : status.indexOf("CapEff:");
        if (status == null || line < 0) {
            return true;
        }
        int end = status.indexOf('\n', line);
        long bits = Long.parseUnsignedLong(status.substring(line + 7, end).strip(), 16);
        return (bits & capability.bit()) != 0;
    }

    private static @Nullable String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException _) {
            return null;
        }
    }
}
