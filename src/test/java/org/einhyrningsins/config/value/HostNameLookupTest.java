// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.config.source.ValueException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

class HostNameLookupTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final AtomicInteger asked = new AtomicInteger();

    @Test
    void asksForEachNameOnce() throws ValueException {
        HostNameLookup names = new HostNameLookup(this::loopback, LONG);
        assertThat(names.addresses("db")).containsExactly(InetAddress.getLoopbackAddress());
        assertThat(names.addresses("db")).containsExactly(InetAddress.getLoopbackAddress());
        assertThat(asked).hasValue(1);
        assertThat(names.hasMissing()).isFalse();
    }

    @Test
    void saysWhichNameIsNotThere() {
        HostNameLookup names = new HostNameLookup(this::nobody, LONG);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> names.addresses("db"))
                    .hasMessage(
                            "the host name \"db\" cannot be resolved; correct it, or write an"
                                    + " address");
        }
        assertThat(asked).hasValue(1);
        assertThat(names.hasMissing()).isTrue();
    }

    @Test
    @Timeout(30)
    void waitsForAllNamesTogetherAndNoLonger() throws ValueException {
        CountDownLatch never = new CountDownLatch(1);
        HostNameLookup names =
                new HostNameLookup(
                        host -> host.equals("quick") ? loopback(host) : hang(never),
                        Duration.ofMillis(100));
        assertThat(names.addresses("quick")).hasSize(1);
        for (int i = 0; i < 1_000; i++) {
            String host = "slow" + i;
            assertThatThrownBy(() -> names.addresses(host))
                    .hasMessageContaining("was not looked up")
                    .hasMessageContaining("see to the name server");
        }
        assertThat(names.addresses("quick")).hasSize(1);
        assertThat(asked).hasValue(2);
        assertThat(names.hasMissing()).isTrue();
        never.countDown();
    }

    private InetAddress[] loopback(String host) {
        asked.incrementAndGet();
        return new InetAddress[] {InetAddress.getLoopbackAddress()};
    }

    private InetAddress[] nobody(String host) throws UnknownHostException {
        asked.incrementAndGet();
        throw new UnknownHostException(host);
    }

    private InetAddress[] hang(CountDownLatch never) throws UnknownHostException {
        asked.incrementAndGet();
        try {
            never.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new UnknownHostException("at last");
    }
}
