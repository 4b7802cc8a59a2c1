// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import org.einhyrningsins.spec.InetText;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// A socket's address between its text and the kernel's structure. Numbers only, no name service.
public final class SocketAddress {
    private SocketAddress() {}

    public static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    public static final int AF_INET6 = 10;

    /// The longest address (struct sockaddr_un).
    public static final int MAX_LENGTH = 110;

    private static final int UNIX_PATH = 2;
    private static final int MAX_UNIX_NAME_LENGTH = 107;
    private static final int INET_BYTES = 16;
    private static final int INET6_BYTES = 28;

    public static int family(InetAddress host) {
        return host instanceof Inet6Address ? AF_INET6 : AF_INET;
    }

    /// Writes at the start of the memory.
    ///
    /// @return its length
    public static int put(ByteBuffer memory, InetAddress host, int port) {
        byte[] bytes = host.getAddress();
        memory.putShort(0, (short) family(host));
        memory.put(2, (byte) (port >> 8)).put(3, (byte) port);
        if (host instanceof Inet6Address six) {
            memory.putInt(4, 0).put(8, bytes).putInt(24, six.getScopeId());
            return INET6_BYTES;
        }
        memory.put(4, bytes).putLong(8, 0);
        return INET_BYTES;
    }

    /// Writes a UNIX address: a path, or a name of the abstract namespace after an `@`.
    ///
    /// @return its length
    public static int putUnix(ByteBuffer memory, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_UNIX_NAME_LENGTH) {
            throw new PosixException("socket " + name, Errno.ENAMETOOLONG.number());
        }
        memory.putShort(0, (short) AF_UNIX).put(UNIX_PATH, bytes);
        if (name.startsWith("@")) {
            memory.put(UNIX_PATH, (byte) 0);
            return UNIX_PATH + bytes.length;
        }
        memory.put(UNIX_PATH + bytes.length, (byte) 0);
        return UNIX_PATH + bytes.length + 1;
    }

    /// The text of what the kernel wrote.
    public static String text(ByteBuffer memory, int length) {
        return switch (memory.getShort(0)) {
            case AF_INET -> host(memory, 4, 4) + ":" + port(memory);
            case AF_INET6 -> "[" + host(memory, 8, 16) + scope(memory) + "]:" + port(memory);
            case AF_UNIX -> "unix:" + unix(memory, length);
            default -> "family " + memory.getShort(0);
        };
    }

    private static int port(ByteBuffer memory) {
        return Short.toUnsignedInt(memory.duplicate().order(ByteOrder.BIG_ENDIAN).getShort(2));
    }

    private static String scope(ByteBuffer memory) {
        int scope = memory.getInt(24);
        return scope == 0 ? "" : "%" + scope;
    }

    private static String host(ByteBuffer memory, int at, int length) {
        byte[] bytes = new byte[length];
        memory.get(at, bytes);
        try {
            return length == 4
                    ? InetText.of(InetAddress.getByAddress(bytes))
                    : InetText.of(Inet6Address.getByAddress(null, bytes, -1));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for a wrong length
        }
    }

    private static String unix(ByteBuffer memory, int length) {
        boolean named = length > UNIX_PATH;
        boolean isAbstract = named && memory.get(UNIX_PATH) == 0;
        int end = isAbstract ? length : Math.max(UNIX_PATH, length - 1); // a path ends with NUL
        byte[] bytes = new byte[(named ? end : UNIX_PATH) - UNIX_PATH];
        memory.get(UNIX_PATH, bytes);
        String text = new String(bytes, StandardCharsets.UTF_8);
        return isAbstract ? "@" + text.substring(1) : text;
    }
}
