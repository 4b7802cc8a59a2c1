// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.image.SocketImage;
import org.einhyrningsins.posix.Bound;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Sockets;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/// What is open at one address: a socket that all workers share, or one for each slot
/// (`per-worker`).
///
/// Those of slots are a group in the kernel, which spreads what comes over them and knows them by
/// number: one that joins gets the next, and when one is closed the last takes its number
/// (reuseport_detach_sock in net/core/sock_reuseport.c). So the order here is the kernel's, which
/// nobody can ask it for.
final class SocketGroup {
    /// In place of a slot, of a socket that all share.
    static final int SHARED = -1;

    private final List<Member> members = new ArrayList<>();
    private boolean ordered = true;

    /// Null if it is not known.
    private @Nullable List<Integer> steered;

    private record Member(int slot, Bound bound) {}

    /// A group of one.
    static SocketGroup of(int slot, Bound bound) {
        SocketGroup group = new SocketGroup();
        group.join(slot, bound);
        group.steered = List.of();
        return group;
    }

    /// One that another manager had, of which nothing is here yet.
    static SocketGroup resumed() {
        return new SocketGroup();
    }

    void join(int slot, Bound bound) {
        members.add(new Member(slot, bound));
    }

    /// One that another manager had.
    ///
    /// @param fd its number here; below 0 if it is gone: see [#forgetLost]
    void resume(SocketImage image, int fd) {
        join(image.own() - 1, new Bound(fd, image.address(), image.inode()));
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
        lost.forEach(this::leave);
    }

    /// The last takes its number.
    private void leave(Member member) {
        int number = members.indexOf(member);
        Member last = members.removeLast();
        if (number < members.size()) {
            members.set(number, last);
        }
        ordered |= members.size() < 2;
    }

    /// Whether nothing is open any more.
    boolean isEmpty() {
        return members.isEmpty();
    }

    /// Any of them: all have one address.
    Bound any() {
        return members.getFirst().bound();
    }

    /// The one of a slot, or the one that all share; null if it is not bound.
    @Nullable Bound of(int slot) {
        for (Member member : members) {
            if (member.slot() == slot || member.slot() == SHARED) {
                return member.bound();
            }
        }
        return null;
    }

    List<Bound> all() {
        return members.stream().map(Member::bound).toList();
    }

    /// What another manager needs to go on, in the kernel's order.
    ///
    /// @param one image of a socket that all share
    void images(SocketImage one, List<SocketImage> into) {
        for (Member member : members) {
            Bound bound = member.bound();
            into.add(one.of(member.slot() + 1, !ordered, bound.fd(), bound.inode()));
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
                Sockets.endListening(member.bound().fd());
                Descriptors.close(member.bound().fd());
                leave(member);
                closed = true;
            }
        }
        return closed;
    }

    void closeAll() {
        all().forEach(bound -> Descriptors.close(bound.fd()));
        members.clear();
    }

    /// Has new connections come to those of some slots only, if they do not already; to all, if
    /// they would come to none.
    ///
    /// @return false if that is not possible, since nobody knows their numbers
    /// @throws PosixException if the kernel will not
    boolean steer(IntPredicate served) {
        List<Integer> numbers = new ArrayList<>();
        for (int number = 0; number < members.size(); number++) {
            if (served.test(members.get(number).slot())) {
                numbers.add(number);
            }
        }
        boolean all = numbers.isEmpty() || numbers.size() == members.size();
        boolean possible = all || (ordered && holes(numbers) <= Sockets.MOST_HOLES);
        List<Integer> wanted = all || !possible ? List.of() : numbers;
        if (!wanted.equals(steered)) {
            steered = wanted; // also if it fails: it would fail again
            if (wanted.isEmpty()) {
                Sockets.steerToAll(any().fd());
            } else {
                Sockets.steer(any().fd(), wanted);
            }
        }
        return possible;
    }

    private static int holes(List<Integer> numbers) {
        int holes = 0;
        for (int number : numbers) {
            holes += number >= numbers.size() ? 1 : 0;
        }
        return holes;
    }
}
