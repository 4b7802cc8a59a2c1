// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.posix.socket.Sockets;
import org.jspecify.annotations.Nullable;

/// Keeps a child from its way to its program until somebody opens it, or refuses: what has to be
/// done before may take as long as whoever owns some directory likes. The child is there meanwhile,
/// and can be killed. One whose manager dies before fails.
///
/// It is a pair of sockets. The child reads its end, and then writes to it, which fails where
/// nothing is received any more.
public final class ChildGate {
    /// The step that is told where nobody is left to say why it was refused.
    static final String STEP = "wait for the manager";

    private final int child;
    private final int managerEnd;
    private boolean opened;
    private boolean closed;
    private volatile @Nullable SpawnException refusal;

    private ChildGate(int ours, int child) {
        this.managerEnd = ours;
        this.child = child;
    }

    /// A gate that is shut.
    public static ChildGate closed() {
        int[] pair = Connections.pair();
        return new ChildGate(pair[0], pair[1]);
    }

    /// The child's end, until [#childStarted].
    int child() {
        return child;
    }

    /// Lets the child go on. Any thread may.
    ///
    /// @return false if nobody waits there any more
    public synchronized boolean open() {
        if (!closed) {
            NativeScratch nativeScratch = NativeScratch.here();
            nativeScratch.bytes.put(0, (byte) 1);
            SystemCalls.call(Syscall.WRITE, managerEnd, nativeScratch.structures, 1);
            opened = true;
        }
        return !closed;
    }

    /// Lets the child fail. Any thread may.
    public synchronized void refuse(SpawnException why) {
        refusal = why;
        shutdown();
    }

    private void shutdown() {
        if (!closed && !opened) {
            // other children may have copies of our end, which closing it would leave open
            SystemCalls.call(Syscall.SHUTDOWN, managerEnd, Sockets.SHUT_RDWR);
        }
    }

    /// The child has its end, or will never be.
    public void childStarted() {
        Descriptors.close(child);
    }

    /// Closes the gate: no child waits there any more.
    public synchronized void close() {
        if (!closed) {
            shutdown();
            closed = true;
            Descriptors.close(managerEnd);
        }
    }

    /// Returns the reason of the refusal; null if it was not refused.
    @Nullable SpawnException refusal() {
        return refusal;
    }
}
