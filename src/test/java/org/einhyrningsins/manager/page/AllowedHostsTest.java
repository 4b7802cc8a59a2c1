// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.spec.manager.HttpSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.List;

class AllowedHostsTest {
    private static String file(String file) {
        return switch (file) {
            case "/proc/sys/kernel/hostname" -> "Web1\n";
            case "/etc/resolv.conf" -> "nameserver 1.1.1.1\nsearch example.org corp.example.\n";
            case "/etc/hosts" ->
                    """
                    127.0.0.1 localhost
                    127.0.1.1 web1.dc.example web1 shop # evil.example web1
                    0.0.0.0 ads.example
                    """;
            default -> "";
        };
    }

    private final AllowedHosts names =
            new AllowedHosts(List.of("Metrics.Example.Org"), AllowedHostsTest::file);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "127.0.0.1",
                "127.0.0.1:9911",
                "10.1.2.3",
                "[::1]:9911",
                "[fe80::1]",
                "localhost",
                "LOCALHOST:9911",
                "shop.localhost",
                "web1",
                "web1:9911",
                "WEB1",
                "web1.example.org",
                "web1.corp.example",
                "web1.dc.example",
                "web1.dc.example.",
                "shop",
                "metrics.example.org:9911"
            })
    void knowsAddressesAndTheNamesThatOthersCannotTurn(String host) {
        assertThat(names.has(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "web1.evil.example",
                "localhost.evil.example",
                "ads.example",
                "127.0.0.1.evil.example",
                "notlocalhost",
                "evil.example:9911",
                ".",
                ":9911",
                "example.org",
                "1.2.3",
                "a@127.0.0.1",
                "[::1].evil.example",
                "[evil.example]"
            })
    void knowsNobodyElse(String host) {
        assertThat(names.has(host)).isFalse();
    }

    @Test
    void anyNameIsKnownWhereThatIsSaid() {
        AllowedHosts any = new AllowedHosts(List.of(HttpSpec.ANY), AllowedHostsTest::file);
        assertThat(any.has("evil.example")).isTrue();
    }

    @Test
    void aMachineOfWhichNothingCanBeReadHasItsAddresses() {
        AllowedHosts none =
                new AllowedHosts(
                        List.of(),
                        file -> {
                            throw new IOException(file);
                        });
        assertThat(none.has("10.1.2.3")).isTrue();
        assertThat(none.has("web1")).isFalse();
    }
}
