// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.wire.Order;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.manager.control.Access.Role;
import org.einhyrningsins.posix.kernel.Peer;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.AllowSpec.Who;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

class AccessTest {
    private static final int MANAGER = 500;
    private static final Map<String, Integer> USERS = Map.of("deploy", 1003, "guest", 1005);
    private static final Map<String, Integer> GROUPS = Map.of("ops", 70, "staff", 50);

    private final List<Who> unknown = new ArrayList<>();

    /// As the accounts of a machine: names are looked up, numbers are not.
    private final Access.Directory directory =
            new Access.Directory() {
                @Override
                public OptionalInt uid(String user) {
                    return number(USERS, user);
                }

                @Override
                public OptionalInt gid(String group) {
                    return number(GROUPS, group);
                }

                @Override
                public void unknown(Who who) {
                    unknown.add(who);
                }
            };

    private static OptionalInt number(Map<String, Integer> names, String name) {
        Integer number = names.get(name);
        if (number == null && !Character.isDigit(name.charAt(0))) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(number == null ? Integer.parseUnsignedInt(name) : number);
    }

    private Access access(List<String> admin, List<String> read) {
        return Access.of(new AllowSpec(whos(admin), whos(read)), MANAGER, directory);
    }

    private static List<Who> whos(List<String> words) {
        return words.stream()
                .map(word -> new Who(word.replace("@", ""), word.startsWith("@")))
                .toList();
    }

    private static Role role(Access access, int uid, int gid, Integer... more) {
        return access.role(new Peer(1, uid, gid), () -> Set.of(more));
    }

    @Test
    void whereOnlyTheModeDecidesWhoeverCameMayDoEverything() {
        Access access = Access.of(null, MANAGER, directory);
        assertThat(access.byModeAlone()).isTrue();
        assertThat(role(access, 1005, 1005)).isEqualTo(Role.ADMIN);
    }

    @Test
    void rootAndTheManagersOwnUserMayAlwaysDoEverything() {
        for (Access access :
                List.of(access(List.of(), List.of()), access(List.of(), List.of("0", "500")))) {
            assertThat(access.byModeAlone()).isFalse();
            assertThat(role(access, 0, 1)).isEqualTo(Role.ADMIN);
            assertThat(role(access, MANAGER, 1)).isEqualTo(Role.ADMIN);
            assertThat(role(access, 1003, 0, 500)).isEqualTo(Role.STRANGER);
        }
    }

    @Test
    void usersAndGroupsAreToldApart() {
        Access access = access(List.of("deploy", "@ops"), List.of("guest", "@staff", "@1003"));
        assertThat(role(access, 1003, 1)).isEqualTo(Role.ADMIN);
        assertThat(role(access, 1005, 1)).isEqualTo(Role.READER);
        assertThat(role(access, 70, 1))
                .as("the group's number as a user's")
                .isEqualTo(Role.STRANGER);
        assertThat(role(access, 9, 1003)).isEqualTo(Role.READER);
        assertThat(role(access, 9, 1005))
                .as("the user's number as a group's")
                .isEqualTo(Role.STRANGER);
    }

    @Test
    void aGroupCountsAsTheFirstAndAsAFurtherOne() {
        Access access = access(List.of("@ops"), List.of("@staff"));
        assertThat(role(access, 9, 70)).isEqualTo(Role.ADMIN);
        assertThat(role(access, 9, 1, 3, 70)).isEqualTo(Role.ADMIN);
        assertThat(role(access, 9, 50, 3)).isEqualTo(Role.READER);
        assertThat(role(access, 9, 1, 3, 50)).isEqualTo(Role.READER);
        assertThat(role(access, 9, 1, 3)).isEqualTo(Role.STRANGER);
    }

    @Test
    void whoIsInBothMayDoEverything() {
        Access access = access(List.of("@ops"), List.of("deploy"));
        assertThat(role(access, 1003, 1, 70)).isEqualTo(Role.ADMIN);
        assertThat(role(access, 1003, 1)).isEqualTo(Role.READER);
    }

    @Test
    void theLargestNumbersAreNobodysByAccident() {
        Access access = access(List.of("4294967294"), List.of());
        assertThat(role(access, 0xffff_fffe, 1)).isEqualTo(Role.ADMIN);
        assertThat(role(access, 0x7fff_fffe, 1)).isEqualTo(Role.STRANGER);
    }

    @Test
    void aNameThatNobodyKnowsAnyMoreLetsNobodyIn() {
        Access access = access(List.of("gone", "@lost"), List.of());
        assertThat(unknown).extracting(Who::toString).containsExactly("gone", "@lost");
        assertThat(role(access, -1, -1)).isEqualTo(Role.STRANGER);
        assertThat(role(access, 65_534, 65_534)).isEqualTo(Role.STRANGER);
    }

    @Test
    void readersMayAskWhatChangesNothing() throws UsageException {
        for (String words :
                List.of(
                        "status",
                        "show",
                        "show --graph",
                        "plan",
                        "events web",
                        "logs",
                        "version",
                        "state",
                        "ehlo me",
                        "help")) {
            assertThat(Role.READER.may(order(words))).as(words).isTrue();
            assertThat(Role.ADMIN.may(order(words))).as(words).isTrue();
            assertThat(Role.STRANGER.may(order(words))).as(words).isFalse();
        }
    }

    @Test
    void readersMayNotChangeAnything() throws UsageException {
        for (String words :
                List.of(
                        "reload",
                        "reload web",
                        "reload --confirm 1m",
                        "reload --reset",
                        "confirm",
                        "upgrade",
                        "upgrade --fleet",
                        "upgrade_fleet",
                        "start",
                        "stop all",
                        "restart all",
                        "inc",
                        "dec",
                        "scale web 1",
                        "set_workers 1",
                        "signal HUP",
                        "die",
                        "reexec",
                        "quieter",
                        "louder")) {
            assertThat(Role.READER.may(order(words))).as(words).isFalse();
            assertThat(Role.ADMIN.may(order(words))).as(words).isTrue();
            assertThat(Role.STRANGER.may(order(words))).as(words).isFalse();
        }
    }

    private static Order order(String words) throws UsageException {
        List<String> list = List.of(words.split(" "));
        return Order.read(list.getFirst(), list.subList(1, list.size()));
    }

    @Test
    void theRefusalNamesTheCallerAndTheKey() {
        assertThat(Role.READER.refusal("guest (uid 1005, group 1005)", "stop"))
                .isEqualTo(
                        "'stop' is not allowed to guest (uid 1005, group 1005):"
                                + " control.allow.read lets them look, what changes something is"
                                + " for control.allow.admin");
        assertThat(Role.STRANGER.refusal("guest (uid 1005, group 1005)", "status"))
                .contains("guest (uid 1005", "control.allow.read", "control.allow.admin");
    }

    @Test
    void aCallerIsToldWithAllGroupsButNotWithThousands() {
        Callers callers = new Callers();
        assertThat(callers.words(new Peer(1, 0, 0), Set.of(0))).isEqualTo("root (uid 0, group 0)");
        assertThat(callers.words(new Peer(1, 0, 7), Set.of(9, 8)))
                .endsWith("(uid 0, groups 7 8 9)");
        assertThat(callers.words(new Peer(1, -2, 7), Set.of()))
                .isEqualTo("a nameless user (uid 4294967294, group 7)");
        Set<Integer> many = new java.util.HashSet<>();
        for (int i = 100; i < 60_000; i++) {
            many.add(i);
        }
        assertThat(callers.words(new Peer(1, 0, 7), many)).hasSizeLessThan(120).endsWith(" …)");
    }
}
