// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Users and groups, as the C library knows them: from files, LDAP or whatever nsswitch.conf says.
/// A look-up may take as long as that takes. A number needs no look-up.
public final class Accounts {
    private Accounts() {}

    private static final int MAX_GROUPS = 65_536; // NGROUPS_MAX
    private static final int LARGEST_ENTRY = 4 * 1024 * 1024;

    // an entry's memory: result pointer, struct passwd or group, the name asked for, its texts
    private static final int RESULT = 0;
    private static final int ENTRY = 8;
    private static final int PASSWD_UID = ENTRY + 16; // struct passwd, 64 bits: glibc and musl
    private static final int PASSWD_GID = ENTRY + 20;
    private static final int PASSWD_HOME = ENTRY + 32;
    private static final int PASSWD_SHELL = ENTRY + 40;
    private static final int GROUP_GID = ENTRY + 16; // struct group
    private static final int ASKED = 128;
    private static final int MAX_NAME_LENGTH = 256;
    private static final int TEXTS = ASKED + MAX_NAME_LENGTH;

    private static final CallContext SIX_LONGS = MachineCode.sixLongs(false);

    /// The number of a user; empty if there is none of that name. A number needs not be known.
    public static OptionalInt uid(String nameOrNumber) {
        OptionalInt number = number(nameOrNumber);
        if (number.isPresent()) {
            return number;
        }
        ByteBuffer user = byName("getpwnam_r", nameOrNumber);
        return user == null ? OptionalInt.empty() : OptionalInt.of(user.getInt(PASSWD_UID));
    }

    /// The number of a group; empty if there is none of that name. A number needs not be known.
    public static OptionalInt gid(String nameOrNumber) {
        OptionalInt number = number(nameOrNumber);
        if (number.isPresent()) {
            return number;
        }
        ByteBuffer group = byName("getgrnam_r", nameOrNumber);
        return group == null ? OptionalInt.empty() : OptionalInt.of(group.getInt(GROUP_GID));
    }

    /// The name of a user; empty if the number is nobody's.
    public static Optional<String> userName(int uid) {
        ByteBuffer account = entry("getpwuid_r", "", uid);
        return account == null ? Optional.empty() : Optional.of(name(account));
    }

    /// Entry of a user in the database, besides numbers.
    public record Account(String name, String home, String shell) {}

    /// Returns the entry of a user; empty if the number has none.
    public static Optional<Account> account(int uid) {
        ByteBuffer found = entry("getpwuid_r", "", uid);
        return found == null
                ? Optional.empty()
                : Optional.of(
                        new Account(
                                text(found, ENTRY),
                                text(found, PASSWD_HOME),
                                text(found, PASSWD_SHELL)));
    }

    public static int requireUid(String nameOrNumber) {
        return uid(nameOrNumber)
                .orElseThrow(() -> new UnknownAccountException("user", nameOrNumber));
    }

    public static int requireGid(String nameOrNumber) {
        return gid(nameOrNumber)
                .orElseThrow(() -> new UnknownAccountException("group", nameOrNumber));
    }

    /// Returns the credentials of a worker with that user and group. A user has the groups it is
    /// listed in; without a group, its own is the main one. A group alone keeps the manager's user.
    /// A number nobody has needs a group, and is in no other.
    ///
    /// @throws UnknownAccountException if one of them is not known
    public static Credentials credentials(@Nullable String user, @Nullable String group) {
        if (user == null) {
            int gid = group == null ? id(Syscall.GETEGID) : requireGid(group);
            return new Credentials(id(Syscall.GETEUID), gid, List.of(gid));
        }
        int uid = requireUid(user);
        ByteBuffer account = entry("getpwuid_r", "", uid);
        if (account == null) {
            if (group == null) {
                throw new UnknownAccountException("user", user);
            }
            int gid = requireGid(group);
            return new Credentials(uid, gid, List.of(gid));
        }
        int gid = group == null ? account.getInt(PASSWD_GID) : requireGid(group);
        return new Credentials(uid, gid, groups(name(account), gid));
    }

    private static int id(Syscall call) {
        return (int) SystemCalls.call(call, 0);
    }

    private static OptionalInt number(String text) {
        boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits || text.length() > 10 || Long.parseLong(text) >= 0xffff_ffffL) {
            return OptionalInt.empty();
        }
        return OptionalInt.of((int) Long.parseLong(text));
    }

    private static @Nullable ByteBuffer byName(String function, String name) {
        return name.isEmpty() ? null : entry(function, name, 0);
    }

    /// Asks one of the get…_r functions.
    ///
    /// @param name asked for; if empty, the number is
    private static @Nullable ByteBuffer entry(String function, String name, int number) {
        byte[] asked = name.getBytes(StandardCharsets.UTF_8);
        if (asked.length >= MAX_NAME_LENGTH) {
            return null;
        }
        for (int size = 4096; size <= LARGEST_ENTRY; size *= 4) {
            ByteBuffer memory = memory(size);
            memory.put(ASKED, asked);
            long base = SystemCalls.address(memory);
            long key = name.isEmpty() ? number : base + ASKED;
            long texts = (long) size - TEXTS;
            int error = call(function, key, base + ENTRY, base + TEXTS, texts, base + RESULT);
            if (error != Errno.ERANGE.number()) {
                return found(memory, function, error);
            }
        }
        throw new PosixException(function, Errno.ERANGE.number());
    }

    /// Returns the entry that was found; null if there is none. The databases differ in the error
    /// for an entry that they do not have: getpwnam(3) lists them.
    private static @Nullable ByteBuffer found(ByteBuffer memory, String function, int error) {
        return switch (Errno.byNumber(error)) {
            case EIO, EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR ->
                    throw new PosixException(function, error);
            default -> memory.getLong(RESULT) == 0 ? null : memory;
        };
    }

    private static String name(ByteBuffer account) {
        return text(account, ENTRY);
    }

    /// @param field offset of the text's address in the entry
    private static String text(ByteBuffer account, int field) {
        int from = (int) (account.getLong(field) - SystemCalls.address(account));
        int to = from;
        while (account.get(to) != 0) {
            to++;
        }
        byte[] name = new byte[to - from];
        account.get(from, name);
        return new String(name, StandardCharsets.UTF_8);
    }

    private static List<Integer> groups(String user, int gid) {
        byte[] name = user.getBytes(StandardCharsets.UTF_8);
        for (int room = 64; room <= MAX_GROUPS; room *= 4) {
            ByteBuffer memory = memory(8 + 4 * room + name.length + 1);
            memory.putInt(0, room).put(8 + 4 * room, name);
            long base = SystemCalls.address(memory);
            if (call("getgrouplist", base + 8 + 4L * room, gid, base + 8, base, 0) >= 0) {
                List<Integer> groups = new ArrayList<>();
                for (int i = 0; i < memory.getInt(0); i++) {
                    groups.add(memory.getInt(8 + 4 * i));
                }
                return groups;
            }
        }
        throw new IllegalStateException("user '" + user + "' is in too many groups");
    }

    private static ByteBuffer memory(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }

    private static int call(String function, long a, long b, long c, long d, long e) {
        long address = Library.getDefault().getSymbolAddress(function);
        return (int) Invoker.getInstance().invokeL6NoErrno(SIX_LONGS, address, a, b, c, d, e, 0);
    }
}
