// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// What the command line asks of the manager.
///
/// @param config the file
/// @param controlSocket instead of the file's or the default; null for those
/// @param pidFile written at start, removed at the end; null for none
/// @param verbose log at level debug whatever the file says
public record LaunchOptions(
        Path config, @Nullable Path controlSocket, @Nullable Path pidFile, boolean verbose) {}
