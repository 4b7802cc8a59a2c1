// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// Handover of sockets from one program to others in a reload, or of its place under another name.
/// The giver's change waits until the receivers serve.
///
/// @param giver the program whose change waits
/// @param receivers names of the programs that are to serve first
/// @param addresses the sockets that change hands, as the configuration writes them; empty where a
///   program without sockets is renamed
/// @param renamed true if the giver is removed and its one receiver is new: it is the same program
///   under another name
public record SocketHandover(
        String giver, SequencedSet<String> receivers, List<String> addresses, boolean renamed) {
    public SocketHandover {
        receivers = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(receivers));
        addresses = List.copyOf(addresses);
    }

    /// Describes what changes hands.
    public String what() {
        return addresses.isEmpty() ? "its place" : String.join(", ", addresses);
    }

    /// True if the giver loses its automatic rollback by the handover.
    ///
    /// @param next the giver's next definition; null if it is removed
    boolean isOneWay(@Nullable ProgramSpec next) {
        return next != null
                && !addresses.isEmpty()
                && next.rollout().proof().rollbackWithin().isPositive();
    }

    /// Describes the lost rollback.
    public String oneWay() {
        return "is not rolled back by itself if it fails afterwards: "
                + what()
                + (addresses.size() == 1 ? " belongs to " : " belong to ")
                + String.join(" and ", receivers)
                + " then";
    }

    /// Describes what the giver waits for.
    String giving() {
        String whom = String.join(" and ", receivers);
        String serve = receivers.size() == 1 ? " serves" : " serve";
        String fails = receivers.size() == 1 ? " fails" : " fail";
        return renamed
                ? "renamed "
                        + giver
                        + " -> "
                        + whom
                        + ": stops when "
                        + whom
                        + " serves, and"
                        + " stays if "
                        + whom
                        + " fails"
                : "gives "
                        + what()
                        + " to "
                        + whom
                        + " when "
                        + whom
                        + serve
                        + ", and stays as it"
                        + " is if "
                        + whom
                        + fails;
    }

    /// Describes what a receiver is about to do.
    String taking() {
        return renamed
                ? "renamed "
                        + giver
                        + " -> "
                        + String.join(", ", receivers)
                        + ": "
                        + giver
                        + " stops when this one serves"
                : "takes over " + what() + " from " + giver + " when it serves";
    }
}
