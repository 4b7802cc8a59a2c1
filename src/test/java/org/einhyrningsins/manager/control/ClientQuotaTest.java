// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClientQuotaTest {
    private static final int ROOT = 0;
    private static final int HOSTILE = 1000;

    private final ClientQuota<Client> clientQuota = new ClientQuota<>();

    /// A client as the crowd sees it.
    private record Client(String name, int uid, Kind kind, int heldBytes)
            implements ClientQuota.Member {
        enum Kind {
            IDLE,
            FOLLOWS,
            AWAITS
        }

        @Override
        public boolean awaitsOutcome() {
            return kind == Kind.AWAITS;
        }

        @Override
        public boolean idle() {
            return kind == Kind.IDLE;
        }
    }

    private Client comes(String name, int uid, Client.Kind kind) {
        return comes(name, uid, kind, 0);
    }

    private Client comes(String name, int uid, Client.Kind kind, int held) {
        Client client = new Client(name, uid, kind, held);
        clientQuota.add(client);
        return client;
    }

    @Test
    void whoWasSilentForLongestMakesRoom() {
        Client first = comes("first", HOSTILE, Client.Kind.IDLE);
        Client second = comes("second", HOSTILE, Client.Kind.IDLE);
        assertThat(clientQuota.clientToEvict(HOSTILE)).isEqualTo(first);
        clientQuota.requestReceived(first);
        assertThat(clientQuota.clientToEvict(HOSTILE)).isEqualTo(second);
    }

    @Test
    void whoFollowsGoesAfterWhoIsIdleAndWhoAwaitsAnOutcomeStays() {
        comes("awaits", HOSTILE, Client.Kind.AWAITS);
        Client follows = comes("follows", HOSTILE, Client.Kind.FOLLOWS);
        Client idle = comes("idle", HOSTILE, Client.Kind.IDLE);
        assertThat(clientQuota.clientToEvict(HOSTILE)).isEqualTo(idle);
        clientQuota.remove(idle);
        assertThat(clientQuota.clientToEvict(HOSTILE)).isEqualTo(follows);
        clientQuota.remove(follows);
        assertThat(clientQuota.clientToEvict(HOSTILE)).isNull();
        assertThat(clientQuota.clientToEvict(ROOT)).isNull();
    }

    @Test
    void aCrowdOfOneUserNeverPushesOutAnother() {
        comes("operator's shell, silent for hours", ROOT, Client.Kind.IDLE);
        comes("operator's events", ROOT, Client.Kind.FOLLOWS);
        Client first = comes("crowd 1", HOSTILE, Client.Kind.FOLLOWS);
        comes("crowd 2", HOSTILE, Client.Kind.FOLLOWS);
        comes("crowd 3", HOSTILE, Client.Kind.AWAITS);
        assertThat(clientQuota.clientToEvict(HOSTILE)).isEqualTo(first);
        assertThat(clientQuota.clientToEvict(ROOT)).isEqualTo(first);
        assertThat(clientQuota.clientToEvict(7)).isEqualTo(first);
    }

    @Test
    void whoHasMoreThanTheOthersFindsNoRoomAtTheirExpense() {
        comes("operator's shell", ROOT, Client.Kind.IDLE);
        comes("crowd 4", HOSTILE, Client.Kind.AWAITS);
        comes("crowd 5", HOSTILE, Client.Kind.AWAITS);
        assertThat(clientQuota.clientToEvict(HOSTILE)).isNull();
        assertThat(clientQuota.clientToEvict(7)).isNotNull();
    }

    @Test
    void whatIsHeldIsGivenBackByTheUserWhoMakesUsHoldMost() {
        comes("a long answer to the operator", ROOT, Client.Kind.FOLLOWS, 100);
        comes("crowd 6", HOSTILE, Client.Kind.FOLLOWS, 60);
        Client most = comes("crowd 7", HOSTILE, Client.Kind.FOLLOWS, 70);
        assertThat(clientQuota.heaviest(230)).isNull();
        assertThat(clientQuota.heaviest(229)).isEqualTo(most);
    }
}
