// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.spec.SocketSpec;

/// A bound socket.
///
/// @param owner program and name, if the kernel chose the port; else empty
/// @param bound the socket; its descriptor is for a re-exec, else of no meaning
/// @param file inode of the file of a UNIX socket; else 0
/// @param own the slot whose own it is, counted from 1; 0 for one that all workers share. Those of
///   one address come in the kernel's order
/// @param disordered the kernel's order is not known
/// @param foreign somebody else bound it, who may go on with it when we do not
public record SocketSnapshot(
        String owner,
        SocketSpec spec,
        BoundSocket bound,
        long file,
        int own,
        boolean disordered,
        boolean foreign) {
    /// Makes the snapshot of a socket that all workers share.
    public SocketSnapshot(String owner, SocketSpec spec, BoundSocket bound, long file) {
        this(owner, spec, bound, file, 0, false, false);
    }

    /// The same of somebody else.
    public SocketSnapshot ofSomebodyElse(boolean whether) {
        return new SocketSnapshot(owner, spec, bound, file, own, disordered, whether);
    }

    /// Another one at the same address.
    public SocketSnapshot of(int own, boolean disordered, BoundSocket bound) {
        return new SocketSnapshot(owner, spec, bound, file, own, disordered, foreign);
    }

    /// See [BoundSocket#fd()].
    public int fd() {
        return bound.fd();
    }

    /// See [BoundSocket#address()].
    public String address() {
        return bound.address();
    }

    /// See [BoundSocket#inode()].
    public long inode() {
        return bound.inode();
    }
}
