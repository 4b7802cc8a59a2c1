// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PacketFilters;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/// Sockets open at one address: one that all workers share, or one for each slot (`per-worker`).
///
/// Those of slots are a reuseport group in the kernel, which spreads connections over them and
/// knows them by number: one that joins gets the next, and when one is closed the last takes its
/// number (reuseport_detach_sock in net/core/sock_reuseport.c). So the order here is the kernel's,
/// which cannot be read from it.
final class SocketGroup {
    /// Number in place of a slot, of a socket that all share.
    static final int SHARED = -1;

    private final List<Member> members = new ArrayList<>();
    private boolean ordered = true;

    /// Slots that get new connections; null if unknown.
    private @Nullable List<Integer> steered;

    /// The slots at which new connections are turned away; null if that is not known.
    private @Nullable Set<Integer> away;

    private record Member(int slot, BoundSocket bound) {}

    /// A group of one.
    static SocketGroup of(int slot, BoundSocket boundSocket) {
        SocketGroup group = new SocketGroup();
        group.join(slot, boundSocket);
        group.steered = List.of();
        group.away = Set.of();
        return group;
    }

    /// Makes the empty group of a socket that another manager had.
    static SocketGroup resumed() {
        return new SocketGroup();
    }

    void join(int slot, BoundSocket boundSocket) {
        members.add(new Member(slot, boundSocket));
    }

    /// Adds a socket that another manager had.
    ///
    /// @param fd its descriptor here; below 0 if it is gone: see [#forgetLost]
    void resume(SocketSnapshot image, int fd) {
        join(image.own() - 1, new BoundSocket(fd, image.address(), image.inode()));
        ordered &= !image.disordered();
    }

    /// Takes note of those that were closed when the manager before was killed. If there were
    /// several, the order in which they were closed, and so who has which number since, is known
    /// only if they had the last.
    void forgetLost() {
        List<Member> lost = new ArrayList<>(members);
        lost.removeIf(member -> member.bound().fd() >= 0);
        int rest = members.size() - lost.size();
        ordered &= lost.size() < 2 || members.subList(rest, members.size()).equals(lost);
        lost.forEach(this::remove);
    }

    /// The last takes its number.
    private void remove(Member member) {
        int number = members.indexOf(member);
        Member last = members.removeLast();
        if (number < members.size()) {
            members.set(number, last);
        }
        ordered |= members.size() < 2;
    }

    /// True if no socket is open any more.
    boolean isEmpty() {
        return members.isEmpty();
    }

    /// Returns any socket of the group: all have one address.
    BoundSocket any() {
        return members.getFirst().bound();
    }

    /// The one of a slot, or the one that all share; null if it is not bound.
    @Nullable BoundSocket of(int slot) {
        for (Member member : members) {
            if (member.slot() == slot || member.slot() == SHARED) {
                return member.bound();
            }
        }
        return null;
    }

    List<BoundSocket> all() {
        return members.stream().map(Member::bound).toList();
    }

    /// Adds the snapshots of its sockets, in the kernel's order.
    ///
    /// @param one snapshot of a socket that all share
    void images(SocketSnapshot one, List<SocketSnapshot> into) {
        for (Member member : members) {
            into.add(one.of(member.slot() + 1, !ordered, member.bound()));
        }
    }

    /// Closes those of slots that are no more. Whose workers are gone, and perhaps their
    /// descendants not: the kernel is to know them no more either.
    ///
    /// @return whether there were any
    boolean closeAbove(int slots) {
        boolean closed = false;
        for (Member member : List.copyOf(members)) {
            if (member.slot() >= slots) {
                ProgramSockets.endListening(member.bound().fd());
                Descriptors.close(member.bound().fd());
                remove(member);
                closed = true;
            }
        }
        return closed;
    }

    void closeAll() {
        all().forEach(boundSocket -> Descriptors.close(boundSocket.fd()));
        members.clear();
    }

    /// Steers new connections to the sockets of some slots only, if they do not go there already;
    /// to all, if they would go to none.
    ///
    /// The other sockets turn away connections that the kernel brings them nevertheless: from when
    /// one is closed until the kernel is told the new numbers, it may take the wrong ones. A client
    /// that was turned away tries again, after a second, and is steered again.
    ///
    /// @return false if they cannot be steered, since their numbers are unknown: a client that is
    ///   turned away then comes to the same one until it is closed
    /// @throws PosixException if the kernel refuses
    boolean steer(IntPredicate served) {
        List<Integer> numbers = new ArrayList<>();
        Map<Integer, BoundSocket> others = new HashMap<>();
        for (int number = 0; number < members.size(); number++) {
            Member member = members.get(number);
            if (served.test(member.slot())) {
                numbers.add(number);
            } else {
                others.put(member.slot(), member.bound());
            }
        }
        if (numbers.isEmpty()) {
            others.clear();
        }
        boolean possible =
                others.isEmpty() || (ordered && unusedNumbers(numbers) <= PacketFilters.MAX_HOLES);
        allowAll(others.keySet());
        steer(others.isEmpty() || !possible ? List.of() : numbers);
        rejectNew(others);
        return possible;
    }

    private void allowAll(Set<Integer> others) {
        for (Member member : members) {
            int slot = member.slot();
            if (!others.contains(slot) && (away == null || away.contains(slot))) {
                PacketFilters.acceptNew(member.bound().fd());
            }
        }
    }

    private void steer(List<Integer> numbers) {
        if (!numbers.equals(steered)) {
            steered = numbers; // also if it fails: it would fail again
            if (numbers.isEmpty()) {
                PacketFilters.steerToAll(any().fd());
            } else {
                PacketFilters.steer(any().fd(), numbers);
            }
        }
    }

    private void rejectNew(Map<Integer, BoundSocket> others) {
        Set<Integer> known = away == null ? Set.of() : away;
        away = Set.copyOf(others.keySet()); // also if it fails: it would fail again
        others.forEach(
                (slot, boundSocket) -> {
                    if (!known.contains(slot)) {
                        PacketFilters.ignoreNew(boundSocket.fd());
                    }
                });
    }

    private static int unusedNumbers(List<Integer> numbers) {
        int holes = 0;
        for (int number : numbers) {
            holes += number >= numbers.size() ? 1 : 0;
        }
        return holes;
    }
}
