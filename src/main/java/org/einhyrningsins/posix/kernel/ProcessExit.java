// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// How a process ended.
///
/// @param code its exit code, 0 to 255; 0 if a signal ended it
/// @param signal the number of the signal that ended it, or 0
/// @param core whether it left a core
public record ProcessExit(int code, int signal, boolean core) {}
