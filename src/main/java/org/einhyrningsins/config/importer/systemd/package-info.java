// SPDX-License-Identifier: GPL-3.0-or-later
/// Imports units of systemd. [SystemdImporter] finds units and drop-ins, [SystemdService] writes a
/// program with its command and user, [SystemdLifecycle] how it lives and ends,
/// [SystemdEnvironment] its variables, [SystemdConfinement] what it may not do, [SystemdCgroup] its
/// limits, [SystemdDirectories] its directories, [SystemdSocket] its sockets, [SystemdRelations]
/// what it comes after, [SystemdConditions] when it starts at all; [SystemdReasons] lists settings
/// that no key here is made of, each with its reason.
@NullMarked
package org.einhyrningsins.config.importer.systemd;

import org.jspecify.annotations.NullMarked;
