// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Duration;

class NotificationTest {
    @Test
    void hearsEachLineInItsOrder() {
        assertThat(Notification.read("READY=1\nMAINPID=7\nSTATUS=a\tb=c\nWATCHDOG=1\n"))
                .containsExactly(
                        new Notification.Ready(),
                        new Notification.Status("a b=c"),
                        new Notification.Alive());
        assertThat(Notification.read("WATCHDOG=trigger\nWATCHDOG_USEC=2000\nEXTEND_TIMEOUT_USEC=5"))
                .containsExactly(
                        new Notification.Despaired(),
                        new Notification.Retimed(Duration.ofMillis(2)),
                        new Notification.Extended(Duration.ofNanos(5_000)));
    }

    @Test
    void saysWhatIsNoTime() {
        assertThat(Notification.read("WATCHDOG_USEC=soon\nEXTEND_TIMEOUT_USEC=9223372036854775807"))
                .containsExactly(
                        new Notification.Nonsense(
                                "WATCHDOG_USEC=soon is no number of microseconds"),
                        new Notification.Nonsense(
                                "EXTEND_TIMEOUT_USEC=9223372036854775807 is no number of"
                                        + " microseconds"));
    }

    @Test
    void doesNotHearWhatIsNotMeant() {
        assertThat(
                        Notification.read(
                                "READY=0\nREADY=1 \nREADY\n=1\nWATCHDOG=\nWATCHDOG_USEC=0\n\n"))
                .isEmpty();
    }
}
