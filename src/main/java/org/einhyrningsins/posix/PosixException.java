// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

/// The kernel said no: `bind: address already in use (EADDRINUSE)`.
public final class PosixException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean refused;
    private final String call;
    private final int number;

    /// @param call what was tried: a system call, with its object where that helps
    /// @param number the errno
    public PosixException(String call, int number) {
        super(call + ": " + Errno.describe(number));
        this.refused = false;
        this.call = call;
        this.number = number;
    }

    private PosixException(String why) {
        super(why);
        this.refused = true;
        this.call = why;
        this.number = Errno.EPERM.number();
    }

    /// It was not the kernel that said no, but we: the words say why.
    static PosixException refused(String why) {
        return new PosixException(why);
    }

    /// Whether it was not the kernel that said no, but we.
    public boolean isRefusal() {
        return refused;
    }

    /// The reason alone: the kernel's, or ours.
    public String reason() {
        return refused ? call : Errno.describe(number);
    }

    /// What was tried.
    public String call() {
        return call;
    }

    /// What the kernel said; [Errno#UNKNOWN] if we have no name for it.
    public Errno errno() {
        return Errno.of(number);
    }

    /// The errno's number, also where it has no name.
    public int number() {
        return number;
    }
}
