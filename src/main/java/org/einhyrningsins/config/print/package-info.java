// SPDX-License-Identifier: GPL-3.0-or-later
/// A definition as ordered keys and values, and as text again.
///
/// [ManagerSettings] and [ProgramSettings] make [SettingGroup]s of a definition, with its defaults:
/// the one place that says how the configuration writes a value. [ConfigPrinter] writes them as a
/// file, with the origin of each key where that is asked for; [DefinitionSettings] gives one text
/// for each key, which `plan` compares.
@NullMarked
package org.einhyrningsins.config.print;

import org.jspecify.annotations.NullMarked;
