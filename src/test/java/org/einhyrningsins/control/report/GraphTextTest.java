// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.Samples;
import org.einhyrningsins.spec.OperatorOverride;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class GraphTextTest {
    private static ProgramStatus program(String name, String... after) {
        return new ProgramStatus(
                name,
                VersionStatus.of(1),
                new ProgramStatus.Condition(
                        ProgramStatus.State.RUNNING, 1, 1, "", "", FailureStatus.NONE),
                OperatorOverride.NONE,
                List.of(after),
                List.of(),
                List.of());
    }

    @Test
    void showsEachProgramOnceBelowTheLastThatItWaitsFor() {
        List<ProgramStatus> programs =
                List.of(
                        program("web", "cache", "api"),
                        program("api", "db"),
                        program("jobs", "db"),
                        program("cache"),
                        program("db"));
        assertThat(GraphText.of(Samples.report(programs)).lines().map(String::stripTrailing))
                .containsExactly(
                        "NAME       STATE    READY  NOTE",
                        "cache      running  1/1",
                        "db         running  1/1",
                        "|- api     running  1/1",
                        "|  `- web  running  1/1    also after cache",
                        "`- jobs    running  1/1");
    }

    @Test
    void namesWhatIsNotInTheReport() {
        assertThat(GraphText.of(Samples.report(List.of(program("web", "db")))))
                .contains("web", "after db");
    }

    @Test
    void endsForACircleAndForALongChain() {
        assertThat(GraphText.of(Samples.report(List.of(program("a", "b"), program("b", "a")))))
                .contains("a", "b");
        List<ProgramStatus> chain = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            chain.add(i == 2_999 ? program("p" + i) : program("p" + i, "p" + (i + 1)));
        }
        assertThat(GraphText.of(Samples.report(chain)).lines()).hasSize(3_001);
    }
}
