// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Location of the control group that the manager may divide: its own, or the one above it.
final class CgroupLocation {
    private static final String MEMBERSHIP = "0::";
    private static final String ROOT = "/";
    private static final Path SYSTEMD = Path.of("/run/systemd/system"); // sd_booted(3)

    /// The directory of our own group.
    static Path ownDirectory() {
        String group = ownGroup();
        if (group != null) {
            for (String line : Cgroups.lines("/proc/self/mountinfo")) {
                Path path = below(line, group);
                if (path != null && Files.isDirectory(path)) {
                    return path;
                }
            }
        }
        throw new PosixException("cgroup2", Errno.ENOENT.number());
    }

    private static @Nullable String ownGroup() {
        for (String line : Cgroups.lines("/proc/self/cgroup")) {
            if (line.startsWith(MEMBERSHIP)) {
                return line.substring(MEMBERSHIP.length());
            }
        }
        return null;
    }

    /// Returns the path of a group below a mount, if that is one of version 2 and shows it; else
    /// null. The line is `id parent device root mount-point options … - type source options`, see
    /// proc_pid_mountinfo(5).
    static @Nullable Path below(String mount, String group) {
        if (!mount.contains(" - cgroup2 ") || group.startsWith("/..")) {
            return null;
        }
        String[] fields = mount.split(" ", 6);
        String root = fields[3];
        String point = fields[4];
        if (point.indexOf('\\') >= 0) { // a blank in it; nobody does that
            return null;
        }
        if (root.equals(ROOT)) {
            return Path.of(point + group);
        }
        boolean shown = group.equals(root) || group.startsWith(root + "/");
        return shown ? Path.of(point + group.substring(root.length())) : null;
    }

    /// True if groups may be made there: without systemd, by its "Delegation" (see
    /// systemd.resource-control(5)), or in the root that a container sees, which is its own.
    static boolean mayMakeBelow(Path parent) {
        return ROOT.equals(ownGroup())
                || !Files.isDirectory(SYSTEMD)
                || isSet(parent, "user.delegate")
                || isSet(parent, "trusted.delegate");
    }

    private static boolean isSet(Path directory, String attribute) {
        NativeScratch nativeScratch = NativeScratch.here();
        byte[] name = attribute.getBytes(StandardCharsets.US_ASCII);
        nativeScratch.bytes.put(8, name).put(8 + name.length, (byte) 0);
        long path = nativeScratch.path(directory);
        long at = nativeScratch.structures;
        long length = SystemCalls.call(Syscall.GETXATTR, path, at + 8, at, 8);
        return length > 0 && nativeScratch.bytes.get(0) == '1';
    }

    /// The group to be divided: ours, or the one above it if we were started in a part of one that
    /// is delegated (DelegateSubgroup= in systemd.resource-control(5)), since a group with
    /// processes of its own gives no controllers to those below it.
    static Path base(Path own) {
        Path above = own.getParent();
        boolean unit = own.toString().matches(".*[.](service|scope|slice)");
        boolean inPart = above != null && !unit && !isDelegated(own) && isDelegated(above);
        return above != null && inPart ? above : own;
    }

    private static boolean isDelegated(Path group) {
        return isSet(group, "user.delegate") || isSet(group, "trusted.delegate");
    }

    private CgroupLocation() {}
}
