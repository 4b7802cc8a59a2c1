// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.image;

import java.util.List;

/// A program's worker sockets.
///
/// @param user whose they are; empty for the manager's own
/// @param name of their files, which running workers have in their environment
/// @param acks descriptor, for a re-exec; else -1
/// @param notifications descriptor, for a re-exec; else -1
/// @param guests those who are connected, for a re-exec
public record DoorImage(
        String user, String name, int acks, int notifications, List<GuestImage> guests) {}
