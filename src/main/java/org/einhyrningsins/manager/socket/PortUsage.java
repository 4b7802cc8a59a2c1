// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.spec.SocketSpec;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Use of a TCP address that cannot be bound, from the kernel's tables.
enum PortUsage {
    /// A process listens there.
    LISTENING,
    /// No process listens there, but there are connections from that port that are open on a side.
    CONNECTED,
    /// No process listens there, and all connections are closed; the kernel remembers them for a
    /// time.
    LINGERING,
    /// The tables do not tell; somebody may have bound it without listening.
    UNKNOWN;

    private static final List<Path> TABLES =
            List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

    /// Maximum number of lines read. Listeners come first in a table, so what is not read changes
    /// no verdict on them.
    private static final int MAX_LINES = 20_000;

    private static final String LISTEN = "0A";
    private static final String TIME_WAIT = "06";
    private static final int WORD = 4;

    static PortUsage of(SocketSpec.Tcp address) {
        List<String> lines = new ArrayList<>();
        for (Path table : TABLES) {
            try (BufferedReader reader =
                    Files.newBufferedReader(table, StandardCharsets.US_ASCII)) {
                reader.lines().limit(MAX_LINES).forEach(lines::add);
            } catch (IOException | UncheckedIOException _) {
                // one without IPv6 has one table
            }
        }
        return of(lines, address.host(), address.port());
    }

    /// @param lines of the tables: number, local address, remote address, state …
    static PortUsage of(List<String> lines, InetAddress host, int port) {
        String wanted = hex(host);
        String end = String.format(Locale.ROOT, ":%04X", port);
        boolean lingers = false;
        boolean connected = false;
        for (String line : lines) {
            String[] fields = line.strip().split("\\s+", 5);
            if (fields.length < 5 || !fields[1].endsWith(end)) {
                continue;
            }
            String local = fields[1].substring(0, fields[1].length() - end.length());
            if (!overlap(local, wanted, host.isAnyLocalAddress())) {
                continue;
            } else if (fields[3].equals(LISTEN)) {
                return LISTENING;
            }
            lingers |= fields[3].equals(TIME_WAIT);
            connected |= !fields[3].equals(TIME_WAIT);
        }
        return connected ? CONNECTED : lingers ? LINGERING : UNKNOWN;
    }

    private static boolean overlap(String local, String wanted, boolean isAny) {
        return isAny || local.matches("0+") || local.endsWith(wanted);
    }

    /// Returns an address as the tables have it: words of four bytes, each in this machine's order.
    private static String hex(InetAddress host) {
        byte[] bytes = host.getAddress();
        boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        StringBuilder text = new StringBuilder();
        for (int word = 0; word < bytes.length; word += WORD) {
            for (int i = 0; i < WORD; i++) {
                int at = word + (little ? WORD - 1 - i : i);
                text.append(String.format(Locale.ROOT, "%02X", bytes[at]));
            }
        }
        return text.toString();
    }
}
