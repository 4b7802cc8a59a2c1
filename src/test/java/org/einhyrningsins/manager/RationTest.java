// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.Moment;
import org.junit.jupiter.api.Test;

import java.time.Duration;

class RationTest {
    private final Ration ration = new Ration();

    private static Moment at(long millis) {
        return new Moment(millis * 1_000_000);
    }

    @Test
    void aUserHasATenthOfTheTime() {
        assertThat(ration.left(7, at(0))).isZero();
        ration.spent(7, at(0), at(1_000));
        assertThat(ration.left(7, at(1_000))).isEqualTo(Duration.ofSeconds(9));
        assertThat(ration.left(7, at(9_999))).isEqualTo(Duration.ofMillis(1));
        assertThat(ration.left(7, at(10_000))).isZero();
    }

    @Test
    void whatIsShortIsFree() {
        ration.spent(7, at(0), at(20));
        assertThat(ration.left(7, at(20))).isZero();
    }

    @Test
    void anotherHasHisOwn() {
        ration.spent(7, at(0), at(1_000));
        assertThat(ration.left(8, at(1_000))).isZero();
    }
}
