// SPDX-License-Identifier: GPL-3.0-or-later
/// Imports units of systemd. [SystemdImporter] finds units and drop-ins, [SystemdService] writes a
/// program, [SystemdLifecycle] how it lives and ends; [SystemdReasons] lists settings that no key
/// here is made of, each with its reason.
@NullMarked
package org.einhyrningsins.config.importer.systemd;

import org.jspecify.annotations.NullMarked;
