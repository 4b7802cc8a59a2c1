// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.Samples;
import org.junit.jupiter.api.Test;

import java.util.List;

class PlanTextTest {
    @Test
    void showsWhatChangesAndCountsTheRest() {
        assertThat(PlanText.of(Samples.plan()))
                .isEqualTo(
                        """
                          control.socket: (not set) -> /x.sock
                            (takes effect when the manager is stopped and started again, not by a reexec)
                        ~ log.level: info -> debug
                        * web: is rolled, all its workers are replaced
                            command: [./a] -> [./b, "1 2"]
                            env.TOKEN: (not set) -> (hidden)
                            workers: 2 -> 4
                            (the rollout under way is given up for it)
                        + new: new, 1 worker is started
                        ~ db: changes in place, no worker is replaced
                            rollout.settle: 1s -> 2s
                        ~ idle: changes; it is stopped
                          by-hand: unchanged
                            (scaled by hand to 5, and stays so; the file says 2)
                        - old: no longer in the file, is stopped
                          socket 127.0.0.1:81 kept: old/http -> new/http
                        + socket unix:@x opened: web/x
                        - socket udp:[::1]:5 closed: old/dns

                        1 added, 1 removed, 2 unchanged, 1 noted, 1 in-place, 1 rolled, 2 sockets kept, 1 socket opened, 1 socket closed, 1 setting changed
                        """);
    }

    @Test
    void saysHowManyWorkersComeAndGo() {
        assertThat(inPlace(-2)).contains("~ db: changes in place, 2 workers are stopped, none is");
        assertThat(inPlace(1)).contains("~ db: changes in place, 1 worker is started, none is");
    }

    private static String inPlace(int more) {
        PlanReport.ProgramPlan scaled =
                new PlanReport.ProgramPlan(
                        "db", PlanReport.Word.IN_PLACE, 2 + more, more, List.of(), List.of());
        return PlanText.of(new PlanReport("f", List.of(), List.of(scaled), List.of(), List.of()));
    }

    @Test
    void saysThatNothingIsToBeDone() {
        PlanReport.ProgramPlan same = Samples.plan().programs().get(4);
        PlanReport report = new PlanReport("f", List.of(), List.of(same), List.of(), List.of());
        assertThat(report.isEmpty()).isTrue();
        assertThat(PlanText.of(report)).isEqualTo("nothing to do: 1 unchanged\n");
    }

    @Test
    void whatOnlyTheNextManagerTakesOverIsToldAndNothingToDo() {
        PlanReport report = settings(new PlanReport.SettingPlan("state-dir", "/a", null, true));
        assertThat(report.isEmpty()).isTrue();
        assertThat(PlanText.of(report))
                .isEqualTo(
                        """
                          state-dir: /a -> (not set)
                            (takes effect when the manager is stopped and started again, not by a reexec)

                        nothing to do: 0 unchanged
                        """);
    }

    @Test
    void aSettingAloneIsSomethingToDo() {
        PlanReport report =
                settings(new PlanReport.SettingPlan("log.level", "info", "warn", false));
        assertThat(report.isEmpty()).isFalse();
        assertThat(PlanText.of(report))
                .isEqualTo("~ log.level: info -> warn\n\n1 setting changed\n");
    }

    private static PlanReport settings(PlanReport.SettingPlan setting) {
        return new PlanReport("f", List.of(setting), List.of(), List.of(), List.of());
    }

    @Test
    void saysWhyItWouldBeRefused() {
        PlanReport report =
                new PlanReport(
                        "f",
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of("'web': command ./x: ENOENT"));
        assertThat(PlanText.of(report))
                .isEqualTo(
                        """
                        ! 'web': command ./x: ENOENT

                        a reload would be refused, and change nothing
                        """);
    }
}
