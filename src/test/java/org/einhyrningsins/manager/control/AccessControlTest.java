// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.manager.control.AccessControl.Role;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.AllowSpec.Who;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

class AccessControlTest {
    private static final int MANAGER = 500;
    private static final Map<String, Integer> USERS = Map.of("deploy", 1003, "guest", 1005);
    private static final Map<String, Integer> GROUPS = Map.of("ops", 70, "staff", 50);

    private final List<Who> unknown = new ArrayList<>();

    /// As the accounts of a machine: names are looked up, numbers are not.
    private final AccessControl.Directory directory =
            new AccessControl.Directory() {
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

    private AccessControl access(List<String> admin, List<String> read) {
        return AccessControl.of(new AllowSpec(whos(admin), whos(read)), MANAGER, directory);
    }

    private static List<Who> whos(List<String> words) {
        return words.stream()
                .map(word -> new Who(word.replace("@", ""), word.startsWith("@")))
                .toList();
    }

    private static Role role(AccessControl accessControl, int uid, int gid, Integer... more) {
        return accessControl.role(new PeerCredentials(1, uid, gid), () -> Set.of(more));
    }

    @Test
    void whereOnlyTheModeDecidesWhoeverCameMayDoEverything() {
        AccessControl accessControl = AccessControl.of(null, MANAGER, directory);
        assertThat(accessControl.byModeAlone()).isTrue();
        assertThat(role(accessControl, 1005, 1005)).isEqualTo(Role.ADMIN);
    }

    @Test
    void rootAndTheManagersOwnUserMayAlwaysDoEverything() {
        for (AccessControl accessControl :
                List.of(access(List.of(), List.of()), access(List.of(), List.of("0", "500")))) {
            assertThat(accessControl.byModeAlone()).isFalse();
            assertThat(role(accessControl, 0, 1)).isEqualTo(Role.ADMIN);
            assertThat(role(accessControl, MANAGER, 1)).isEqualTo(Role.ADMIN);
            assertThat(role(accessControl, 1003, 0, 500)).isEqualTo(Role.STRANGER);
        }
    }

    @Test
    void usersAndGroupsAreToldApart() {
        AccessControl accessControl =
                access(List.of("deploy", "@ops"), List.of("guest", "@staff", "@1003"));
        assertThat(role(accessControl, 1003, 1)).isEqualTo(Role.ADMIN);
        assertThat(role(accessControl, 1005, 1)).isEqualTo(Role.READER);
        assertThat(role(accessControl, 70, 1))
                .as("the group's number as a user's")
                .isEqualTo(Role.STRANGER);
        assertThat(role(accessControl, 9, 1003)).isEqualTo(Role.READER);
        assertThat(role(accessControl, 9, 1005))
                .as("the user's number as a group's")
                .isEqualTo(Role.STRANGER);
    }

    @Test
    void aGroupCountsAsTheFirstAndAsAFurtherOne() {
        AccessControl accessControl = access(List.of("@ops"), List.of("@staff"));
        assertThat(role(accessControl, 9, 70)).isEqualTo(Role.ADMIN);
        assertThat(role(accessControl, 9, 1, 3, 70)).isEqualTo(Role.ADMIN);
        assertThat(role(accessControl, 9, 50, 3)).isEqualTo(Role.READER);
        assertThat(role(accessControl, 9, 1, 3, 50)).isEqualTo(Role.READER);
        assertThat(role(accessControl, 9, 1, 3)).isEqualTo(Role.STRANGER);
    }

    @Test
    void whoIsInBothMayDoEverything() {
        AccessControl accessControl = access(List.of("@ops"), List.of("deploy"));
        assertThat(role(accessControl, 1003, 1, 70)).isEqualTo(Role.ADMIN);
        assertThat(role(accessControl, 1003, 1)).isEqualTo(Role.READER);
    }

    @Test
    void theLargestNumbersAreNobodysByAccident() {
        AccessControl accessControl = access(List.of("4294967294"), List.of());
        assertThat(role(accessControl, 0xffff_fffe, 1)).isEqualTo(Role.ADMIN);
        assertThat(role(accessControl, 0x7fff_fffe, 1)).isEqualTo(Role.STRANGER);
    }

    @Test
    void aNameThatNobodyKnowsAnyMoreLetsNobodyIn() {
        AccessControl accessControl = access(List.of("gone", "@lost"), List.of());
        assertThat(unknown).extracting(Who::toString).containsExactly("gone", "@lost");
        assertThat(role(accessControl, -1, -1)).isEqualTo(Role.STRANGER);
        assertThat(role(accessControl, 65_534, 65_534)).isEqualTo(Role.STRANGER);
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

    private static ControlCommand order(String words) throws UsageException {
        List<String> list = List.of(words.split(" "));
        return ControlCommand.read(list.getFirst(), list.subList(1, list.size()));
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
        PeerNames peerNames = new PeerNames();
        assertThat(peerNames.words(new PeerCredentials(1, 0, 0), Set.of(0)))
                .isEqualTo("root (uid 0, group 0)");
        assertThat(peerNames.words(new PeerCredentials(1, 0, 7), Set.of(9, 8)))
                .endsWith("(uid 0, groups 7 8 9)");
        assertThat(peerNames.words(new PeerCredentials(1, -2, 7), Set.of()))
                .isEqualTo("a nameless user (uid 4294967294, group 7)");
        Set<Integer> many = new java.util.HashSet<>();
        for (int i = 100; i < 60_000; i++) {
            many.add(i);
        }
        assertThat(peerNames.words(new PeerCredentials(1, 0, 7), many))
                .hasSizeLessThan(120)
                .endsWith(" …)");
    }
}
