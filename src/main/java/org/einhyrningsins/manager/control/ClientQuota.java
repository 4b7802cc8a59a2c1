// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/// The clients of one socket, and which of them has to go when there are too many, or when they
/// make us hold too much.
///
/// Room is made by the user who has most: so no crowd pushes out an operator who is another user,
/// root above all. Among the clients of one user, who was silent for longest goes first: so a crowd
/// of the operator's own user does not keep them out either, since whoever comes has room, and is
/// heard before others have come in their hundreds. Who waits for the outcome of what they asked
/// stays.
final class ClientQuota<M extends ClientQuota.Member> {
    /// The one that spoke last stands last.
    private final SequencedSet<M> members = new LinkedHashSet<>();

    /// A client.
    interface Member {
        /// Returns the client's user.
        int uid();

        /// True if a command of the client is in progress.
        boolean awaitsOutcome();

        /// True if nothing is owed to the client: it follows nothing, either, and took all that was
        /// sent.
        boolean idle();

        /// Returns the bytes held in memory for the client.
        int heldBytes();
    }

    void add(M member) {
        members.add(member);
    }

    void remove(M member) {
        members.remove(member);
    }

    /// Records a request of a client.
    void requestReceived(M member) {
        if (members.remove(member)) {
            members.add(member);
        }
    }

    int size() {
        return members.size();
    }

    /// Returns all clients, as they are now.
    List<M> all() {
        return List.copyOf(members);
    }

    /// Returns the client to evict for one more of that user; null if none has to be. Clients that
    /// follow events, or do not take their replies, are evicted after idle ones.
    @Nullable M clientToEvict(int uid) {
        Map<Integer, Integer> counts = new HashMap<>();
        members.forEach(member -> counts.merge(member.uid(), 1, Integer::sum));
        int own = counts.getOrDefault(uid, 0);
        M found = null;
        int most = 0;
        for (M member : members) {
            int count = counts.getOrDefault(member.uid(), 0);
            boolean first = found == null || count > most;
            boolean rather = found != null && count == most && member.idle() && !found.idle();
            if (count >= own && !member.awaitsOutcome() && (first || rather)) {
                found = member;
                most = count;
            }
        }
        return found;
    }

    /// Returns the client with the most bytes held, of the user with the most.
    ///
    /// @return null if all together hold no more than the bound
    @Nullable M heaviest(long bound) {
        long all = 0;
        for (M member : members) {
            all += member.heldBytes();
        }
        return all > bound ? heaviest() : null;
    }

    private @Nullable M heaviest() {
        Map<Integer, Long> held = new HashMap<>();
        members.forEach(m -> held.merge(m.uid(), (long) m.heldBytes(), Long::sum));
        M found = null;
        long most = -1;
        for (M member : members) {
            long its = held.getOrDefault(member.uid(), 0L);
            boolean heavier = found == null || member.heldBytes() > found.heldBytes();
            if (its > most || (its == most && heavier)) {
                found = member;
                most = its;
            }
        }
        return found;
    }
}
