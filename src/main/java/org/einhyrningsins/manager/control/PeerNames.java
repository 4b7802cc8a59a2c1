// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Says in words who is at the other end of the control socket. A name is looked up once for each
/// user: that may take as long as a directory service takes.
public final class PeerNames {
    private static final int MAX_NAMES = 256;
    private static final int MAX_GROUPS = 16;
    private static final String NAMELESS = "a nameless user (";
    private static final String UNANSWERED = "a user (";
    private final Map<Integer, String> names = new HashMap<>();

    /// Describes a peer, as in `deploy (uid 1003, groups 1003 50)`.
    public String words(PeerCredentials peerCredentials, Set<Integer> more) {
        StringBuilder words = new StringBuilder(name(peerCredentials.uid()));
        words.append("uid ").append(Integer.toUnsignedString(peerCredentials.uid()));
        Set<Integer> groups = new TreeSet<>(Integer::compareUnsigned);
        groups.addAll(more);
        groups.remove(peerCredentials.gid());
        words.append(groups.isEmpty() ? ", group " : ", groups ");
        words.append(Integer.toUnsignedString(peerCredentials.gid()));
        groups.stream()
                .limit(MAX_GROUPS)
                .forEach(group -> words.append(' ').append(Integer.toUnsignedString(group)));
        return words.append(groups.size() > MAX_GROUPS ? " …)" : ")").toString();
    }

    /// Describes the user of a peer, as in `deploy (uid 1003)`.
    public String user(PeerCredentials peerCredentials) {
        int uid = peerCredentials.uid();
        return name(uid) + "uid " + Integer.toUnsignedString(uid) + ")";
    }

    /// Describes a peer that asks for something, as in `root (pid 812, says sudo by ann)`.
    ///
    /// @param claim who used sudo(8), as the peer itself says; null if it says nothing
    public String asker(PeerCredentials peerCredentials, @Nullable String claim) {
        String name = knownName(peerCredentials.uid());
        boolean known = !name.equals(NAMELESS) && !name.equals(UNANSWERED);
        String who = known ? name : "uid " + Integer.toUnsignedString(peerCredentials.uid()) + " (";
        String pid = peerCredentials.pid() > 0 ? "pid " + peerCredentials.pid() : "pid unknown";
        return who + pid + (claim == null ? "" : ", says sudo by " + claim) + ")";
    }

    /// The name of a user, unless it takes longer to look up than the loop waits: a command must
    /// not wait for a directory service.
    private String knownName(int uid) {
        if (uid == 0) {
            return "root (";
        }
        String own = uid == Processes.user() ? System.getProperty("user.name", "?") : "?";
        if (!own.equals("?")) {
            return own + " (";
        }
        String known = names.get(uid);
        if (known != null) {
            return known;
        }
        String found = ProcReader.ask("the names of users", () -> lookedUp(uid)).answer();
        if (found == null) {
            return UNANSWERED;
        }
        if (names.size() < MAX_NAMES) {
            names.put(uid, found);
        }
        return found;
    }

    private String name(int uid) {
        String known = names.get(uid);
        if (known == null) {
            known = lookedUp(uid);
            if (names.size() < MAX_NAMES) {
                names.put(uid, known);
            }
        }
        return known;
    }

    private static String lookedUp(int uid) {
        try {
            return Accounts.userName(uid).map(name -> name + " (").orElse(NAMELESS);
        } catch (PosixException unanswered) {
            return UNANSWERED;
        }
    }
}
