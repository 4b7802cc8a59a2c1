// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import static java.util.Objects.requireNonNull;

import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.Template;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

class PlanTest {
    private static ProgramSpec program(String name, String command, int workers) {
        return new ProgramSpec(
                name,
                List.of(Template.of(command)),
                Path.of("/"),
                new LinkedHashMap<>(),
                List.of(),
                IdentitySpec.INHERITED,
                workers,
                List.of(),
                null,
                java.util.Set.of(),
                AckSpec.DEFAULT,
                StopSpec.DEFAULT,
                RestartSpec.DEFAULT,
                RolloutSpec.DEFAULT,
                new LogsSpec.Discard(),
                org.einhyrningsins.spec.BondSpec.DEFAULT,
                List.of());
    }

    private static SequencedMap<String, ProgramSpec> file(ProgramSpec... programs) {
        SequencedMap<String, ProgramSpec> file = new LinkedHashMap<>();
        for (ProgramSpec program : programs) {
            file.put(program.name(), program);
        }
        return file;
    }

    @Test
    void tellsWhatIsNewGoneChangedAndWhatIsNot() {
        Plan plan =
                Plan.between(
                        file(
                                program("gone", "x", 1),
                                program("same", "x", 1),
                                program("more", "x", 1),
                                program("other", "x", 1)),
                        file(
                                program("new", "x", 1),
                                program("other", "y", 1),
                                program("more", "x", 2),
                                program("same", "x", 1)));
        assertThat(plan.changes())
                .isEqualTo(
                        Map.of(
                                "new", Plan.Change.ADDED,
                                "other", Plan.Change.ROLLED,
                                "more", Plan.Change.IN_PLACE,
                                "same", Plan.Change.UNCHANGED,
                                "gone", Plan.Change.REMOVED));
    }

    @Test
    void isInTheOrderOfTheNewFileWithWhatIsGoneAtTheEnd() {
        Plan plan =
                Plan.between(
                        file(program("gone", "x", 1), program("a", "x", 1), program("z", "x", 1)),
                        file(program("z", "x", 1), program("new", "x", 1), program("a", "x", 1)));
        assertThat(List.copyOf(plan.changes().sequencedKeySet()))
                .containsExactly("z", "new", "a", "gone");
    }

    @Test
    void anAckOfAnotherKindTouchesNoWorker() {
        ProgramSpec before = program("a", "x", 1);
        ProgramSpec after =
                new ProgramSpec(
                        "a",
                        before.command(),
                        before.directory(),
                        before.env(),
                        before.dropEnv(),
                        before.identity(),
                        1,
                        List.of(),
                        null,
                        java.util.Set.of(),
                        new AckSpec(new AckSpec.Manual(), AckSpec.DEFAULT.timeout()),
                        before.stop(),
                        before.restart(),
                        before.rollout(),
                        before.logs(),
                        before.bond(),
                        before.after());
        Plan.Change change = Plan.between(file(before), file(after)).changes().get("a");
        assertThat(requireNonNull(change)).isEqualTo(Plan.Change.IN_PLACE);
    }

    @Test
    void nothingFromNothingIsNothing() {
        assertThat(Plan.between(file(), file()).changes()).isEmpty();
    }
}
