// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.junit.jupiter.api.Test;

import java.time.Duration;

class UserTimeQuotaTest {
    private final UserTimeQuota userTimeQuota = new UserTimeQuota();

    private static Moment at(long millis) {
        return new Moment(millis * 1_000_000);
    }

    @Test
    void aUserHasASecondAndThenATenthOfTheTime() {
        assertThat(userTimeQuota.left(7, at(0))).isZero();
        userTimeQuota.spent(7, at(0), at(900));
        assertThat(userTimeQuota.left(7, at(900))).isZero();
        userTimeQuota.spent(7, at(900), at(1_400));
        assertThat(userTimeQuota.left(7, at(1_400))).isEqualTo(Duration.ofMillis(3_500));
        assertThat(userTimeQuota.left(7, at(4_899))).isPositive();
        assertThat(userTimeQuota.left(7, at(4_900))).isZero();
    }

    @Test
    void whatIsUsedIsGivenBackInTime() {
        userTimeQuota.spent(7, at(0), at(2_000));
        assertThat(userTimeQuota.left(7, at(2_000))).isEqualTo(Duration.ofSeconds(10));
        assertThat(userTimeQuota.left(7, at(60_000))).isZero();
    }

    @Test
    void anotherHasHisOwn() {
        userTimeQuota.spent(7, at(0), at(5_000));
        assertThat(userTimeQuota.left(8, at(5_000))).isZero();
    }
}
