// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/// Access rights at the control socket, by the credentials that the kernel notes when a client
/// connects.
///
/// Names become numbers here and once, so that no request waits for a directory service.
public final class AccessControl {
    private static final int ROOT = 0;

    /// Root and the manager's own user; null where the mode of the socket's file alone decides.
    private final @Nullable Set<Integer> always;

    private final Numbers admin;
    private final Numbers read;

    /// Users and groups by number.
    private record Numbers(Set<Integer> users, Set<Integer> groups) {
        boolean have(PeerCredentials peerCredentials, Supplier<Set<Integer>> more) {
            return users.contains(peerCredentials.uid())
                    || groups.contains(peerCredentials.gid())
                    || (!groups.isEmpty() && more.get().stream().anyMatch(groups::contains));
        }
    }

    /// Role of a client.
    public enum Role {
        /// Full control.
        ADMIN,
        /// Look.
        READER,
        /// No rights.
        STRANGER;

        public boolean may(ControlCommand controlCommand) {
            return switch (this) {
                case ADMIN -> true;
                case READER -> onlyLooks(controlCommand);
                case STRANGER -> false;
            };
        }

        /// Explains a refusal, and names the key that would allow it.
        ///
        /// @param caller name of the client
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

        /// Reports a user or group in the list that no longer exists.
        void unknown(AllowSpec.Who who);
    }

    private AccessControl(@Nullable Set<Integer> always, Numbers admin, Numbers read) {
        this.always = always;
        this.admin = admin;
        this.read = read;
    }

    /// Returns the rights that a configuration gives.
    ///
    /// @param spec null where the mode of the socket's file alone decides
    /// @param self the manager's own user
    public static AccessControl of(@Nullable AllowSpec spec, int self, Directory directory) {
        Numbers none = new Numbers(Set.of(), Set.of());
        return spec == null
                ? new AccessControl(null, none, none)
                : new AccessControl(
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

    /// True if the mode of the socket's file alone decides.
    boolean byModeAlone() {
        return always == null;
    }

    /// @param more the groups besides the one in the peer; asked for if they matter
    Role role(PeerCredentials peerCredentials, Supplier<Set<Integer>> more) {
        if (always == null
                || always.contains(peerCredentials.uid())
                || admin.have(peerCredentials, more)) {
            return Role.ADMIN;
        }
        return read.have(peerCredentials, more) ? Role.READER : Role.STRANGER;
    }

    /// True if a command changes nothing, neither of what runs nor of what the manager does next.
    static boolean onlyLooks(ControlCommand controlCommand) {
        return switch (controlCommand) {
            case ControlCommand.Status ignored -> true;
            case ControlCommand.Show ignored -> true;
            case ControlCommand.Plan ignored -> true;
            case ControlCommand.History ignored -> true;
            case ControlCommand.Events o -> !o.log(); // lines of an invalid file may be in it
            case ControlCommand.Wait ignored -> true;
            case ControlCommand.Explain ignored -> true;
            case ControlCommand.Logs ignored -> true;
            case ControlCommand.Version ignored -> true;
            case ControlCommand.State ignored -> true;
            case ControlCommand.Greet ignored -> true;
            case ControlCommand.Help ignored -> true;
            case ControlCommand.Confirm ignored -> false;
            case ControlCommand.Reload ignored -> false;
            case ControlCommand.Upgrade ignored -> false;
            case ControlCommand.Rollback ignored -> false;
            case ControlCommand.Promote ignored -> false;
            case ControlCommand.Abort ignored -> false;
            case ControlCommand.Start ignored -> false;
            case ControlCommand.Stop ignored -> false;
            case ControlCommand.Restart ignored -> false;
            case ControlCommand.Increase ignored -> false;
            case ControlCommand.Decrease ignored -> false;
            case ControlCommand.Scale ignored -> false;
            case ControlCommand.Deliver ignored -> false;
            case ControlCommand.Die ignored -> false;
            case ControlCommand.Reexec ignored -> false;
            case ControlCommand.Loudness ignored -> false;
        };
    }
}
