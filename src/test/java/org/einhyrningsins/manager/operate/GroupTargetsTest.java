// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A group's name is a name for its programs, in every command that takes one.
final class GroupTargetsTest {
    private static final TargetScopes.Groups GROUPS =
            new TargetScopes.Groups(Map.of("shop", List.of("web", "api"), "one", List.of("web")));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status shop --exit-code",
                "show shop",
                "upgrade --fleet shop",
                "history shop",
                "rollback shop",
                "promote shop",
                "abort shop",
                "start shop",
                "stop shop",
                "restart shop",
                "inc shop 2",
                "dec shop",
                "scale shop 3",
                "signal HUP shop",
                "events shop",
                "explain shop",
                "wait shop --for done",
                "logs shop"
            })
    void meansEachOfItsPrograms(String line) throws Exception {
        List<String> words = List.of(line.split(" ", -1));
        List<String> args = words.subList(1, words.size());
        List<String> named =
                args.stream()
                        .flatMap(
                                word ->
                                        word.equals("shop")
                                                ? List.of("web", "api").stream()
                                                : List.of(word).stream())
                        .toList();
        ControlCommand command = ControlCommand.read(words.getFirst(), args);
        assertThat(GROUPS.in(command)).isEqualTo(ControlCommand.read(words.getFirst(), named));
        assertThat(targets(command)).as("it has targets").isNotEmpty();
    }

    private static List<?> targets(ControlCommand command) throws ReflectiveOperationException {
        for (RecordComponent component : command.getClass().getRecordComponents()) {
            if (component.getName().equals("targets")) {
                return (List<?>) component.getAccessor().invoke(command);
            }
        }
        return List.of();
    }

    @Test
    void whoIsNamedTwiceIsMeantOnce() throws UsageException {
        ControlCommand command = ControlCommand.read("stop", List.of("web", "shop", "one"));
        assertThat(GROUPS.in(command))
                .isEqualTo(
                        new ControlCommand.Stop(
                                List.of(CommandTarget.of("web"), CommandTarget.of("api"))));
    }

    @Test
    void aSlotOrAGenerationIsAPrograms() throws UsageException {
        ControlCommand slot = ControlCommand.read("stop", List.of("shop:0"));
        assertThatThrownBy(() -> GROUPS.in(slot))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("'shop:0': shop is a group");
        ControlCommand pid = ControlCommand.read("signal", List.of("HUP", "shop:pid/12"));
        assertThatThrownBy(() -> GROUPS.in(pid)).hasMessageContaining("shop is a group");
        ControlCommand generation = ControlCommand.read("rollback", List.of("shop", "3"));
        assertThatThrownBy(() -> GROUPS.in(generation)).hasMessageContaining("shop is a group");
        ControlCommand single = ControlCommand.read("rollback", List.of("one", "3"));
        assertThat(GROUPS.in(single))
                .isEqualTo(new ControlCommand.Rollback(List.of(CommandTarget.of("web")), 3));
    }

    @Test
    void namesForAReloadAreThoseOfPrograms() {
        assertThat(TargetScopes.Groups.names(Set.of("shop"), GROUPS.groups()))
                .containsExactly("web", "api");
        assertThat(TargetScopes.Groups.names(Set.of("db"), GROUPS.groups())).containsExactly("db");
    }
}
