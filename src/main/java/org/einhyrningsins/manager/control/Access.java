// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.control.wire.Order;
import org.einhyrningsins.posix.kernel.Peer;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/// Who may do what at the control socket, by what the kernel says of them: it notes user and groups
/// when they connect, as it does when a file is opened.
///
/// Names become numbers here and once, so that no request waits for a directory service.
public final class Access {
    private static final int ROOT = 0;

    /// Root and the manager's own user; null where the mode of the socket's file alone decides.
    private final @Nullable Set<Integer> always;

    private final Numbers admin;
    private final Numbers read;

    /// Whose numbers those are.
    private record Numbers(Set<Integer> users, Set<Integer> groups) {
        boolean have(Peer peer, Supplier<Set<Integer>> more) {
            return users.contains(peer.uid())
                    || groups.contains(peer.gid())
                    || (!groups.isEmpty() && more.get().stream().anyMatch(groups::contains));
        }
    }

    /// What somebody may do.
    public enum Role {
        /// Everything.
        ADMIN,
        /// Look.
        READER,
        /// Nothing.
        STRANGER;

        public boolean may(Order order) {
            return switch (this) {
                case ADMIN -> true;
                case READER -> onlyLooks(order);
                case STRANGER -> false;
            };
        }

        /// Why not, and which key would change that.
        ///
        /// @param caller who asks, in words
        public String refusal(String caller, String command) {
            String why =
                    this == READER
                            ? ": control.allow.read lets them look, what changes something is for"
                                    + " control.allow.admin"
                            : ": neither the user nor one of the groups is in control.allow.read"
                                    + " or control.allow.admin";
            return "'" + command + "' is not allowed to " + caller + why;
        }
    }

    /// The numbers of accounts, by name or number.
    public interface Directory {
        OptionalInt uid(String user);

        OptionalInt gid(String group);

        /// Somebody is named whom nobody knows any more.
        void unknown(AllowSpec.Who who);
    }

    private Access(@Nullable Set<Integer> always, Numbers admin, Numbers read) {
        this.always = always;
        this.admin = admin;
        this.read = read;
    }

    /// @param spec null where the mode of the socket's file alone decides
    /// @param self the manager's own user
    public static Access of(@Nullable AllowSpec spec, int self, Directory directory) {
        Numbers none = new Numbers(Set.of(), Set.of());
        return spec == null
                ? new Access(null, none, none)
                : new Access(
                        self == ROOT ? Set.of(ROOT) : Set.of(ROOT, self),
                        numbers(spec.admin(), directory),
                        numbers(spec.read(), directory));
    }

    private static Numbers numbers(List<AllowSpec.Who> whos, Directory directory) {
        Set<Integer> users = new HashSet<>();
        Set<Integer> groups = new HashSet<>();
        for (AllowSpec.Who who : whos) {
            OptionalInt number =
                    who.group() ? directory.gid(who.name()) : directory.uid(who.name());
            if (number.isPresent()) {
                (who.group() ? groups : users).add(number.getAsInt());
            } else {
                directory.unknown(who);
            }
        }
        return new Numbers(users, groups);
    }

    /// Whether the mode of the socket's file alone decides.
    boolean byModeAlone() {
        return always == null;
    }

    /// @param more the groups besides the one in the peer; asked for if they matter
    Role role(Peer peer, Supplier<Set<Integer>> more) {
        if (always == null || always.contains(peer.uid()) || admin.have(peer, more)) {
            return Role.ADMIN;
        }
        return read.have(peer, more) ? Role.READER : Role.STRANGER;
    }

    /// Whether an order changes nothing, neither of what runs nor of what the manager does next.
    static boolean onlyLooks(Order order) {
        return switch (order) {
            case Order.Status ignored -> true;
            case Order.Show ignored -> true;
            case Order.Plan ignored -> true;
            case Order.Events ignored -> true;
            case Order.Logs ignored -> true;
            case Order.Version ignored -> true;
            case Order.State ignored -> true;
            case Order.Greet ignored -> true;
            case Order.Help ignored -> true;
            case Order.Confirm ignored -> false;
            case Order.Reload ignored -> false;
            case Order.Upgrade ignored -> false;
            case Order.Promote ignored -> false;
            case Order.Abort ignored -> false;
            case Order.Start ignored -> false;
            case Order.Stop ignored -> false;
            case Order.Restart ignored -> false;
            case Order.Increase ignored -> false;
            case Order.Decrease ignored -> false;
            case Order.Scale ignored -> false;
            case Order.Deliver ignored -> false;
            case Order.Die ignored -> false;
            case Order.Reexec ignored -> false;
            case Order.Loudness ignored -> false;
        };
    }
}
