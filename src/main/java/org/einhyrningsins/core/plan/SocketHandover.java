// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// What one program gives up to others in a reload: sockets, or its place under another name. Its
/// change waits until they serve.
///
/// @param giver the program whose change waits
/// @param receivers those that are to serve first, by name
/// @param addresses the sockets that change hands, as the configuration writes them; none where a
///   program without sockets is renamed
/// @param renamed the giver goes, and its one receiver is new: it is the same program under another
///   name
public record SocketHandover(
        String giver, SequencedSet<String> receivers, List<String> addresses, boolean renamed) {
    public SocketHandover {
        receivers = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(receivers));
        addresses = List.copyOf(addresses);
    }

    /// What changes hands, in words.
    public String what() {
        return addresses.isEmpty() ? "its place" : String.join(", ", addresses);
    }

    /// Whether the giver cannot go back by itself afterwards as it would else, if it fails soon.
    ///
    /// @param next what the giver becomes; null where it goes
    boolean isOneWay(@Nullable ProgramSpec next) {
        return next != null
                && !addresses.isEmpty()
                && next.rollout().proof().rollbackWithin().isPositive();
    }

    /// That, in words.
    public String oneWay() {
        return "is not rolled back by itself if it fails afterwards: "
                + what()
                + (addresses.size() == 1 ? " belongs to " : " belong to ")
                + String.join(" and ", receivers)
                + " then";
    }

    /// What the giver waits for, in words.
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

    /// What a receiver is about to do, in words.
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
