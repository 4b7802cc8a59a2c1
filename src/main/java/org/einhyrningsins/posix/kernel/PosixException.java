// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import org.jspecify.annotations.Nullable;

/// The kernel said no: `bind: address already in use (EADDRINUSE)`.
public final class PosixException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final @Nullable String refusal;
    private final String call;
    private final int number;

    /// A call failed with that errno.
    ///
    /// @param call the system call that was tried, with its object where that helps
    /// @param number the errno
    public PosixException(String call, int number) {
        super(call + ": " + Errno.describe(number));
        this.refusal = null;
        this.call = call;
        this.number = number;
    }

    private PosixException(String call, String why) {
        super(call + ": " + why);
        this.call = call;
        this.number = Errno.EPERM.number();
        this.refusal = why;
    }

    /// Makes the exception for a refusal that is not the kernel's.
    ///
    /// @param call the call that was tried
    /// @param why reason, for a person
    public static PosixException refused(String call, String why) {
        return new PosixException(call, why);
    }

    /// True if the refusal is not the kernel's, but this program's.
    public boolean isRefusal() {
        return refusal != null;
    }

    /// The reason alone: the kernel's, or ours.
    public String reason() {
        return refusal == null ? Errno.describe(number) : refusal;
    }

    /// Returns the call that was tried.
    public String call() {
        return call;
    }

    /// Returns the kernel's error; [Errno#UNKNOWN] if the number has no name here.
    public Errno errno() {
        return Errno.byNumber(number);
    }

    /// The errno's number, also where it has no name.
    public int number() {
        return number;
    }
}
