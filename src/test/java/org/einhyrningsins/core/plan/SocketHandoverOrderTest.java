// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

class SocketHandoverOrderTest {
    private final List<String> orders = new ArrayList<>();
    private SocketHandoverOrder state = SocketHandoverOrder.NONE;

    @Test
    void changesTheGiverWhenTheReceiverServes() {
        begin(gives("a", "b"));
        assertThat(orders()).containsExactly("CHANGE b");
        changed("b", true);
        assertThat(orders()).containsExactly("CHANGE a");
        changed("a", true);
        assertThat(state.over()).isTrue();
    }

    @Test
    void keepsTheGiverAsItIsWhenTheReceiverFails() {
        begin(gives("a", "b"));
        orders();
        changed("b", false);
        assertThat(orders()).containsExactly("KEEP a because b");
        assertThat(state.over()).isTrue();
    }

    @Test
    void waitsForEveryReceiver() {
        begin(gives("a", "b", "c"));
        assertThat(orders()).containsExactly("CHANGE b", "CHANGE c");
        changed("b", true);
        assertThat(orders()).isEmpty();
        changed("c", true);
        assertThat(orders()).containsExactly("CHANGE a");
    }

    @Test
    void goesAlongAChainFromItsEnd() {
        begin(gives("a", "b"), gives("b", "c"));
        assertThat(orders()).containsExactly("CHANGE c");
        changed("c", true);
        assertThat(orders()).containsExactly("CHANGE b");
        changed("b", true);
        assertThat(orders()).containsExactly("CHANGE a");
    }

    @Test
    void keepsAllOfAChainThatWaitForWhoFailed() {
        begin(gives("a", "b"), gives("b", "c"), gives("d", "b"));
        orders();
        changed("c", false);
        assertThat(orders())
                .containsExactlyInAnyOrder(
                        "KEEP b because c", "KEEP a because b", "KEEP d because b");
        assertThat(state.over()).isTrue();
    }

    @Test
    void letsNobodyOfACircleGoBeforeAllAreUp() {
        begin(gives("a", "b"), gives("b", "c"), gives("c", "a"));
        assertThat(orders()).containsExactly("HOLD a", "HOLD b", "HOLD c");
        ready("b");
        ready("a");
        assertThat(orders()).isEmpty();
        ready("c");
        assertThat(orders()).containsExactly("RELEASE a", "RELEASE b", "RELEASE c");
        for (String name : List.of("a", "b", "c")) {
            changed(name, true);
        }
        assertThat(orders()).isEmpty();
        assertThat(state.over()).isTrue();
    }

    @Test
    void bringsAllOfACircleBackWhenOneFails() {
        begin(gives("a", "b"), gives("b", "a"));
        orders();
        ready("a");
        changed("b", false);
        assertThat(orders()).containsExactly("KEEP a because b");
        assertThat(state.over()).isTrue();
    }

    @Test
    void releasesACircleOnlyWhenThoseOutsideServeToo() {
        begin(gives("a", "b", "x"), gives("b", "a"));
        assertThat(orders()).containsExactly("HOLD a", "HOLD b", "CHANGE x");
        ready("a");
        ready("b");
        assertThat(orders()).isEmpty();
        changed("x", true);
        assertThat(orders()).containsExactly("RELEASE a", "RELEASE b");
    }

    @Test
    void whoGivesToACircleWaitsForIt() {
        begin(gives("old", "a"), gives("a", "b"), gives("b", "a"));
        assertThat(orders()).containsExactly("HOLD a", "HOLD b");
        ready("a");
        ready("b");
        assertThat(orders()).containsExactly("RELEASE a", "RELEASE b");
        changed("a", true);
        assertThat(orders()).containsExactly("CHANGE old");
    }

    @Test
    void aReleasedCircleGoesOnWhateverBecomesOfOne() {
        begin(gives("a", "b"), gives("b", "a"));
        ready("a");
        ready("b");
        orders();
        changed("a", false);
        assertThat(orders()).isEmpty();
        changed("b", true);
        assertThat(state.over()).isTrue();
    }

    @Test
    void nobodyGivesToAReceiverThatWillNotServe() {
        begin(Set.of("b"), gives("a", "b"), gives("b", "c"));
        assertThat(orders()).containsExactly("KEEP a because b", "CHANGE c");
        changed("c", true);
        assertThat(orders()).containsExactly("CHANGE b");
    }

    @Test
    void hearsNothingTwiceAndNothingOfStrangers() {
        begin(gives("a", "b"));
        orders();
        ready("a");
        ready("b");
        changed("x", false);
        changed("a", true); // of something else: it was told nothing yet
        assertThat(orders()).isEmpty();
        changed("b", true);
        changed("b", false);
        assertThat(orders()).containsExactly("CHANGE a");
    }

    private static SocketHandover gives(String giver, String... receivers) {
        return new SocketHandover(
                giver, new LinkedHashSet<>(List.of(receivers)), List.of("x"), false);
    }

    private void begin(SocketHandover... handovers) {
        begin(Set.of(), handovers);
    }

    private void begin(Set<String> barred, SocketHandover... handovers) {
        state = SocketHandoverOrder.of(List.of(handovers));
        take(state.begin(barred));
    }

    private void ready(String name) {
        take(state.ready(name));
    }

    private void changed(String name, boolean done) {
        take(state.changed(name, done));
    }

    private void take(SocketHandoverOrder.Next next) {
        state = next.state();
        for (SocketHandoverOrder.Order order : next.orders()) {
            String why = order.because() == null ? "" : " because " + order.because();
            orders.add(order.act() + " " + order.program() + why);
        }
    }

    private List<String> orders() {
        List<String> since = List.copyOf(orders);
        orders.clear();
        return since;
    }
}
