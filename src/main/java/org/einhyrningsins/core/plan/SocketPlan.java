// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Works out which sockets stay, which are bound and which are closed.
///
/// A socket with an address of its own stays with that address, whatever its name and whichever
/// program has it. One whose port the kernel chose has no such address: it stays with its name, or
/// goes to another socket of the same program and host whose name is new, or to a program that is
/// new and runs the same command on the same sockets as one that is gone: both were renamed.
final class SocketPlan {
    private final ReloadPlan.Now now;
    private final SequencedMap<String, ProgramSpec> result;
    private final Map<SocketKey, SocketMove.Place> held = new LinkedHashMap<>();
    private final Set<SocketKey> taken = new HashSet<>();
    private final List<SocketMove> moves = new ArrayList<>();

    /// @param result all definitions that are to run
    SocketPlan(ReloadPlan.Now now, SequencedMap<String, ProgramSpec> result) {
        this.now = now;
        this.result = result;
        for (ProgramSpec program : now.inUse()) {
            for (SocketSpec socket : program.sockets()) {
                SocketMove.Place place = SocketMove.Place.of(program, socket);
                held.put(place.key(), place);
            }
        }
        for (ProgramSpec program : result.values()) {
            for (SocketSpec socket : program.sockets()) {
                taken.add(SocketKey.of(program, socket));
            }
        }
        for (ProgramSpec program : result.values()) {
            for (SocketSpec socket : program.sockets()) {
                move(SocketMove.Place.of(program, socket), program);
            }
        }
        close();
    }

    List<SocketMove> moves() {
        return moves;
    }

    private void move(SocketMove.Place to, ProgramSpec program) {
        SocketMove.Place from = held.get(to.key());
        if (from == null && to.key().chosen()) {
            from = renamed(to, program);
        }
        if (from != null) {
            taken.add(from.key());
        }
        moves.add(new SocketMove(from, to));
    }

    private SocketMove.@Nullable Place renamed(SocketMove.Place to, ProgramSpec program) {
        for (SocketMove.Place candidate : held.values()) {
            boolean free =
                    candidate.key().chosen()
                            && candidate.key().address().equals(to.key().address())
                            && !taken.contains(candidate.key());
            if (free
                    && (candidate.program().equals(to.program())
                            || (candidate.socket().name().equals(to.socket().name())
                                    && isRenamed(candidate.program(), program)))) {
                return candidate;
            }
        }
        return null;
    }

    private boolean isRenamed(String old, ProgramSpec program) {
        Program gone = result.containsKey(old) ? null : now.programs().get(old);
        return gone != null
                && !now.programs().containsKey(program.name())
                && gone.newest().command().equals(program.command())
                && gone.newest().sockets().equals(program.sockets());
    }

    /// Closes sockets that no program uses any more; those held only by programs that are being
    /// removed are closed with them, not by this plan.
    private void close() {
        for (Program program : now.programs().values()) {
            for (SocketSpec socket : program.newest().sockets()) {
                SocketMove.Place place = SocketMove.Place.of(program.newest(), socket);
                if (taken.add(place.key())) {
                    moves.add(new SocketMove(place, null));
                }
            }
        }
    }

    // ---- what cannot be

    List<String> objections() {
        List<String> objections = new ArrayList<>();
        for (SocketMove move : moves) {
            SocketMove.Place from = move.from();
            SocketMove.Place to = move.to();
            if (to != null && from != null) {
                objections.addAll(flags(from.socket(), to));
            } else if (to != null) {
                objections.addAll(ownConflict(to));
            }
        }
        return objections;
    }

    /// A socket that stays keeps its flags: they belong to all who have it.
    private static List<String> flags(SocketSpec held, SocketMove.Place to) {
        List<String> objections = new ArrayList<>();
        String which = " of socket '" + to.socket().name() + "' of '" + to.program() + "' while ";
        String advice = "; leave it as it is, or take the socket out of the file and reload first";
        if (held.nonBlocking() != to.socket().nonBlocking()) {
            objections.add("cannot change non-blocking" + which + "workers have it" + advice);
        }
        if (held.ipv6Only() != to.socket().ipv6Only()) {
            objections.add("cannot change ipv6-only" + which + "it is open" + advice);
        }
        if (held.perWorker() != to.socket().perWorker()) {
            objections.add("cannot change per-worker" + which + "it is open" + advice);
        }
        return objections;
    }

    /// The kernel lets no second socket have a port of which another has a part, and the old one is
    /// not given up before the new one is had.
    private List<String> ownConflict(SocketMove.Place to) {
        List<String> objections = new ArrayList<>();
        for (SocketMove.Place other : held.values()) {
            if (to.socket().overlaps(other.socket())) {
                objections.add(
                        "cannot bind socket '%s' of '%s' to %s: we hold %s ourselves, socket '%s' of '%s', and two sockets cannot share a port; take that one out of the file and reload, then bind this one and reload again"
                                .formatted(
                                        to.socket().name(),
                                        to.program(),
                                        to.socket().address(),
                                        other.socket().address(),
                                        other.socket().name(),
                                        other.program()));
            }
        }
        return objections;
    }
}
