// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// Exit of a process.
///
/// @param code its exit code, 0 to 255; 0 if a signal ended it
/// @param signal the number of the signal that ended it, or 0
/// @param core true if it left a core dump
public record ProcessExit(int code, int signal, boolean core) {}
