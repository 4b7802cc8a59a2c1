// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.junit.jupiter.api.Test;

import java.util.List;

class AccountsIT {
    @Test
    void looksUpNamesAndTakesNumbersAsTheyAre() {
        assertThat(Accounts.uid("root")).hasValue(0);
        assertThat(Accounts.gid("root")).hasValue(0);
        assertThat(Accounts.uid("4242424")).hasValue(4242424);
        assertThat(Accounts.uid("no-such-user")).isEmpty();
        assertThat(Accounts.gid("no-such-group")).isEmpty();
        assertThat(Accounts.uid("")).isEmpty();
        assertThat(Accounts.uid("x".repeat(10_000))).isEmpty();
        assertThat(Accounts.uid("4294967295")).as("-1 would mean: no change").isEmpty();
    }

    @Test
    void aUserHasTheGroupsTheSystemSaysItHas() throws Exception {
        for (String user : List.of("root", "daemon", "bin")) {
            Credentials found = Accounts.credentials(user, null);
            assertThat(id("-u", user)).isEqualTo(List.of(found.uid()));
            assertThat(id("-g", user)).isEqualTo(List.of(found.gid()));
            assertThat(found.groups()).containsExactlyInAnyOrderElementsOf(id("-G", user));
        }
    }

    private static List<Integer> id(String option, String user) throws SpawnException {
        String numbers = Nursery.script("id " + option + " " + user).output().strip();
        return List.of(numbers.split(" ", -1)).stream().map(Integer::valueOf).toList();
    }

    @Test
    void aGroupReplacesTheUsersOwn() {
        Credentials found = Accounts.credentials("daemon", "54321");
        assertThat(found.gid()).isEqualTo(54321);
        assertThat(found.groups()).contains(54321);
    }

    @Test
    void aNumberNobodyHasNeedsAGroup() {
        assertThat(Accounts.account(0).orElseThrow().name()).isEqualTo("root");
        assertThat(Accounts.account(0).orElseThrow().home()).isEqualTo("/root");
        assertThat(Accounts.account(4242424)).isEmpty();
        assertThat(Accounts.credentials("4242424", "7"))
                .isEqualTo(new Credentials(4242424, 7, List.of(7)));
        assertThatThrownBy(() -> Accounts.credentials("4242424", null))
                .isInstanceOf(UnknownAccountException.class);
        assertThatThrownBy(() -> Accounts.credentials("no-such-user", null))
                .hasMessage(
                        "no user 'no-such-user' on this system; create it, or write its number");
    }
}
