// SPDX-License-Identifier: GPL-3.0-or-later
/// The gate to the kernel and to the C library: raw system calls ([SystemCalls], [Syscall]), the
/// memory for their arguments ([NativeScratch]), errors ([PosixException], [Errno]), and small
/// values that the kernel speaks of. [MachineCode] is the code that makes the call and starts a
/// child. See `org.einhyrningsins.posix` for how a call gets there.
@NullMarked
package org.einhyrningsins.posix.kernel;

import org.jspecify.annotations.NullMarked;
