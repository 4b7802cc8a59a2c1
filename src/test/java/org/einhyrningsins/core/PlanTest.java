// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import static java.util.Objects.requireNonNull;

import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.CareSpec;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.Template;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.time.Duration;
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
                org.einhyrningsins.spec.CareSpec.NONE);
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
    void anAckOfAnotherKindTouchesNoWorkerUnlessItNeedsAPipe() {
        ProgramSpec before = program("a", "x", 1);
        assertThat(change(before, with(before, new AckSpec.Manual(), CareSpec.NONE)))
                .isEqualTo(Plan.Change.IN_PLACE);
        assertThat(change(before, with(before, new AckSpec.Fd(null), CareSpec.NONE)))
                .isEqualTo(Plan.Change.ROLLED);
    }

    @Test
    void workersAreLookedAfterInAnotherWayInPlaceUnlessTheyWereToldOfIt() {
        ProgramSpec before = program("a", "x", 1);
        AckSpec.Mode ack = before.ack().mode();
        Duration hour = Duration.ofHours(1);
        assertThat(change(before, with(before, ack, new CareSpec(null, null, hour, 1L))))
                .isEqualTo(Plan.Change.IN_PLACE);
        assertThat(change(before, with(before, ack, new CareSpec(null, hour, null, null))))
                .isEqualTo(Plan.Change.ROLLED);
    }

    private static Plan.Change change(ProgramSpec before, ProgramSpec after) {
        return requireNonNull(Plan.between(file(before), file(after)).changes().get("a"));
    }

    private static ProgramSpec with(ProgramSpec before, AckSpec.Mode ack, CareSpec care) {
        return new ProgramSpec(
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
                new AckSpec(ack, AckSpec.DEFAULT.timeout()),
                before.stop(),
                before.restart(),
                before.rollout(),
                before.logs(),
                before.bond(),
                care);
    }

    @Test
    void nothingFromNothingIsNothing() {
        assertThat(Plan.between(file(), file()).changes()).isEmpty();
    }
}
