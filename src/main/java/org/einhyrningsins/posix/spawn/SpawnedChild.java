// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

/// A child that has been started.
///
/// @param pidfd readable when it is dead; close-on-exec; the caller closes it
public record SpawnedChild(int pid, int pidfd) {}
