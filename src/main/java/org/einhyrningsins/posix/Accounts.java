// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;

import jnr.posix.Group;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.posix.Passwd;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// Users and groups, as the C library knows them (files, LDAP or whatever nsswitch.conf says).
///
/// jnr-posix is loaded at the first name or identity asked for: that costs more than all the rest
/// of the room, and a manager whose programs run as itself never needs it. A number needs no
/// look-up.
public final class Accounts {
    private Accounts() {}

    private static final int MOST_GROUPS = 65_536; // NGROUPS_MAX

    /// jnr-posix, when first needed.
    private static final class Native {
        static final POSIX LIBRARY = load();

        private static POSIX load() {
            POSIX posix = POSIXFactory.getNativePOSIX();
            // it falls back on plain Java without a word, where nobody is known and getpid is 0
            if (!posix.isNative() || posix.getpid() != Processes.self()) {
                throw new IllegalStateException(
                        "jnr-posix has no native library here; users and groups cannot be looked"
                                + " up");
            }
            return posix;
        }
    }

    /// The number of a user; empty if there is none of that name. A number needs not be known.
    public static OptionalInt uid(String nameOrNumber) {
        OptionalInt number = number(nameOrNumber);
        if (number.isPresent()) {
            return number;
        }
        Passwd user = Native.LIBRARY.getpwnam(nameOrNumber);
        return user == null ? OptionalInt.empty() : OptionalInt.of((int) user.getUID());
    }

    /// The number of a group; empty if there is none of that name.
    public static OptionalInt gid(String nameOrNumber) {
        OptionalInt number = number(nameOrNumber);
        if (number.isPresent()) {
            return number;
        }
        Group group = Native.LIBRARY.getgrnam(nameOrNumber);
        return group == null ? OptionalInt.empty() : OptionalInt.of((int) group.getGID());
    }

    static int requireUid(String nameOrNumber) {
        return uid(nameOrNumber)
                .orElseThrow(() -> new UnknownAccountException("user", nameOrNumber));
    }

    static int requireGid(String nameOrNumber) {
        return gid(nameOrNumber)
                .orElseThrow(() -> new UnknownAccountException("group", nameOrNumber));
    }

    /// What a worker of that user and group has. A user has the groups it is listed in; without a
    /// group, its own is the main one. A group alone keeps the manager's user. A number nobody has
    /// needs a group, and is in no other.
    ///
    /// @throws UnknownAccountException if one of them is not known
    public static Credentials credentials(@Nullable String user, @Nullable String group) {
        if (user == null) {
            int gid = group == null ? Native.LIBRARY.getegid() : requireGid(group);
            return new Credentials(Native.LIBRARY.geteuid(), gid, List.of(gid));
        }
        int uid = requireUid(user);
        Passwd account = Native.LIBRARY.getpwuid(uid);
        if (account == null) {
            if (group == null) {
                throw new UnknownAccountException("user", user);
            }
            int gid = requireGid(group);
            return new Credentials(uid, gid, List.of(gid));
        }
        int gid = group == null ? (int) account.getGID() : requireGid(group);
        return new Credentials(uid, gid, groups(account.getLoginName(), gid));
    }

    private static OptionalInt number(String text) {
        boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits || text.length() > 10 || Long.parseLong(text) >= 0xffff_ffffL) {
            return OptionalInt.empty();
        }
        return OptionalInt.of((int) Long.parseLong(text));
    }

    /// getgrouplist(3), which jnr-posix does not have.
    private static List<Integer> groups(String user, int gid) {
        byte[] name = user.getBytes(StandardCharsets.UTF_8);
        int room = 64;
        while (true) {
            ByteBuffer memory =
                    ByteBuffer.allocateDirect(8 + 4 * room + name.length + 1)
                            .order(ByteOrder.nativeOrder());
            memory.putInt(0, room).put(8 + 4 * room, name);
            boolean fits = getgrouplist(Kernel.address(memory), gid, room) >= 0;
            int count = memory.getInt(0);
            if (fits) {
                List<Integer> groups = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    groups.add(memory.getInt(8 + 4 * i));
                }
                return groups;
            }
            if (room >= MOST_GROUPS) {
                throw new IllegalStateException("user '" + user + "' is in too many groups");
            }
            room = Math.min(Math.max(count, 2 * room), MOST_GROUPS);
        }
    }

    private static int getgrouplist(long memory, int gid, int room) {
        long function = Library.getDefault().getSymbolAddress("getgrouplist");
        return (int)
                Invoker.getInstance()
                        .invokeL6NoErrno(
                                MachineCode.sixLongs(false),
                                function,
                                memory + 8 + 4L * room,
                                gid,
                                memory + 8,
                                memory,
                                0,
                                0);
    }
}
