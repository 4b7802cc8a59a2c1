// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;

/// Internet addresses as people write them.
public final class InetText {
    private InetText() {}

    /// An address without brackets, an IPv6 one in its shortest form.
    public static String of(InetAddress host) {
        String text = host.getHostAddress();
        return host instanceof Inet6Address ? shortest(text) : text;
    }

    /// `0:0:0:0:0:0:0:1` as `::1`: the first of the longest runs of two or more zeros (RFC 5952).
    public static String shortest(String full) {
        String[] groups = full.split(":");
        int best = 0;
        int bestLength = 1;
        for (int from = 0; from < groups.length; from++) {
            int to = from;
            while (to < groups.length && groups[to].equals("0")) {
                to++;
            }
            if (to - from > bestLength) {
                best = from;
                bestLength = to - from;
            }
        }
        if (bestLength == 1) {
            return full;
        }
        String before = String.join(":", Arrays.copyOfRange(groups, 0, best));
        int rest = best + bestLength;
        return before + "::" + String.join(":", Arrays.copyOfRange(groups, rest, groups.length));
    }
}
