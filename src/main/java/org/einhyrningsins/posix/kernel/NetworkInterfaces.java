// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import org.jspecify.annotations.Nullable;

import java.net.NetworkInterface;
import java.net.SocketException;

/// The network interfaces of this machine.
public final class NetworkInterfaces {
    private NetworkInterfaces() {}

    /// The number of an interface now.
    ///
    /// @param name or a number, which is taken as it is
    /// @throws PosixException ENODEV if there is none of that name
    public static int number(String name) {
        if (isNumber(name)) {
            return Integer.parseInt(name);
        }
        NetworkInterface found = find(name);
        if (found == null) {
            throw new PosixException("interface " + name, Errno.ENODEV.number());
        }
        return found.getIndex();
    }

    /// True if there is an interface of that name; a number is not looked up.
    public static boolean has(String name) {
        return isNumber(name) || find(name) != null;
    }

    private static boolean isNumber(String name) {
        return name.length() < 10 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static @Nullable NetworkInterface find(String name) {
        try {
            return NetworkInterface.getByName(name);
        } catch (SocketException e) {
            return null;
        }
    }
}
