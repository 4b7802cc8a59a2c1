// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// What the command line of the manager says.
///
/// @param config the file
/// @param controlSocket overrides `control.socket` of the file
/// @param pidFile written when everything is bound, removed at exit
/// @param verbose log at level debug, whatever the file says
public record LaunchOptions(
        Path config, @Nullable Path controlSocket, @Nullable Path pidFile, boolean verbose) {}
