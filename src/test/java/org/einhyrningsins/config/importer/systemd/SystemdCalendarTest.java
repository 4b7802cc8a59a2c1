// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.schedule.CronExpression;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SystemdCalendarTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "daily                        | 0 0 * * *",
                "Weekly                       | 0 0 * * 1",
                "quarterly                    | 0 0 1 1,4,7,10 *",
                "02:30                        | 30 2 * * *",
                "02:30:00                     | 30 2 * * *",
                "*-*-* 02:30                  | 30 2 * * *",
                "*-*-1,15 4:05                | 5 4 1,15 * *",
                "01-01                        | 0 0 1 1 *",
                "*-02..04-01 00:00:00         | 0 0 1 2-4 *",
                "*:0/15                       | 0/15 * * * *",
                "*:30                         | 30 * * * *",
                "8..18/2:00                   | 0 8-18/2 * * *",
                "Mon..Fri 22:30               | 30 22 * * mon-fri",
                "Mon,Wed,Fri *-*-* 22:30      | 30 22 * * mon,wed,fri",
                "Sat..Sun 08:00               | 0 8 * * sat-7",
                "Sunday                       | 0 0 * * sun",
                "Thu,Sun..Sun 12:00           | 0 12 * * thu,sun-7",
            })
    void isCrons(String event, String cron) throws Exception {
        assertThat(SystemdCalendar.event(event)).isEqualTo(new SystemdCalendar.Event(cron, ""));
        assertThat(CronExpression.of(cron)).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*-*-* 02:30 Europe/Berlin    | 30 2 * * * | Europe/Berlin",
                "daily UTC                    | 0 0 * * *  | UTC",
            })
    void mayHaveATimeZone(String event, String cron, String zone) throws Exception {
        assertThat(SystemdCalendar.event(event)).isEqualTo(new SystemdCalendar.Event(cron, zone));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2026-*-* 02:30     | of every year",
                "*-*~01             | no such time",
                "*:*:0/10           | to the minute",
                "02:30:30           | to the minute",
                "Mon *-*-1..7 02:00 | where both meet",
                "25:00              | 25 is not from 0 to 23",
                "whenever           | no such time",
                "a b c              | no such time",
            })
    void isRefused(String event, String why) {
        assertThatThrownBy(() -> SystemdCalendar.event(event))
                .isInstanceOf(ValueException.class)
                .hasMessageContaining(why);
    }
}
