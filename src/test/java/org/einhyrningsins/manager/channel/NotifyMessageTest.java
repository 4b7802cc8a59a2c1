// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Duration;

class NotifyMessageTest {
    @Test
    void hearsEachLineInItsOrder() {
        assertThat(NotifyMessage.read("READY=1\nMAINPID=7\nSTATUS=a\tb=c\nWATCHDOG=1\n"))
                .containsExactly(
                        new NotifyMessage.Ready(),
                        new NotifyMessage.Status("a b=c"),
                        new NotifyMessage.Alive());
        assertThat(
                        NotifyMessage.read(
                                "WATCHDOG=trigger\nWATCHDOG_USEC=2000\nEXTEND_TIMEOUT_USEC=5"))
                .containsExactly(
                        new NotifyMessage.WatchdogTriggered(),
                        new NotifyMessage.WatchdogIntervalSet(Duration.ofMillis(2)),
                        new NotifyMessage.Extended(Duration.ofNanos(5_000)));
    }

    @Test
    void saysWhatIsNoTime() {
        assertThat(
                        NotifyMessage.read(
                                "WATCHDOG_USEC=soon\nEXTEND_TIMEOUT_USEC=9223372036854775807"))
                .containsExactly(
                        new NotifyMessage.Invalid(
                                "WATCHDOG_USEC=soon is no number of microseconds"),
                        new NotifyMessage.Invalid(
                                "EXTEND_TIMEOUT_USEC=9223372036854775807 is no number of"
                                        + " microseconds"));
    }

    @Test
    void doesNotHearWhatIsNotMeant() {
        assertThat(
                        NotifyMessage.read(
                                "READY=0\nREADY=1 \nREADY\n=1\nWATCHDOG=\nWATCHDOG_USEC=0\n\n"))
                .isEmpty();
    }
}
