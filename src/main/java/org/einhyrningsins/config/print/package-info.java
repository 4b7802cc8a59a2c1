// SPDX-License-Identifier: GPL-3.0-or-later
/// A definition as text again: [ConfigPrinter] writes the whole configuration with its defaults,
/// and [DefinitionSettings] one setting for each key, which `plan` compares.
@NullMarked
package org.einhyrningsins.config.print;

import org.jspecify.annotations.NullMarked;
