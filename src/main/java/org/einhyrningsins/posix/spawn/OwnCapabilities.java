// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.process.Capability;

import java.nio.charset.StandardCharsets;

/// Capabilities of the manager, see capabilities(7); read once, for nothing changes them.
///
/// @param effective capabilities that it has
/// @param bounding capabilities that a child can ever have
record OwnCapabilities(long effective, long bounding) {
    private static final class Own {
        static final OwnCapabilities SETS = read();
    }

    static OwnCapabilities current() {
        return Own.SETS;
    }

    private static OwnCapabilities read() {
        byte[] status = Descriptors.readWhole("/proc/self/status");
        String text = new String(status, StandardCharsets.UTF_8);
        return new OwnCapabilities(bits(text, "CapEff:"), bits(text, "CapBnd:"));
    }

    private static long bits(String status, String key) {
        int begin = status.indexOf('\n' + key);
        if (begin < 0) {
            return 0;
        }
        String line = status.substring(begin + 1 + key.length(), status.indexOf('\n', begin + 1));
        return Long.parseUnsignedLong(line.strip(), 16);
    }

    boolean has(Capability capability) {
        return (effective & capability.bit()) != 0;
    }
}
