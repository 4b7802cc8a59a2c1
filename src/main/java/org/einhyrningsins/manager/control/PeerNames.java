// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Says in words who is at the other end of the control socket. A name is looked up once for each
/// user: that may take as long as a directory service takes.
public final class PeerNames {
    private static final int MAX_NAMES = 256;
    private static final int MAX_GROUPS = 16;
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
            return Accounts.userName(uid).map(name -> name + " (").orElse("a nameless user (");
        } catch (PosixException unanswered) {
            return "a user (";
        }
    }
}
