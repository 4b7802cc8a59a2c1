// SPDX-License-Identifier: GPL-3.0-or-later
/// Parsers of single values (durations, sizes, addresses, globs, templates), and what is said when
/// one is wrong.
///
/// [ConfigFields] is a map of a known shape whose keys are read one by one; [ValueReader] reads
/// single values and reports what is wrong with them. [Suggestions], [MapHints], [TextHints],
/// [UnknownKeys] and [ForeignKeywords] (with its table) say what to write instead.
/// [LoadEnvironment] is what may be asked of the machine.
@NullMarked
package org.einhyrningsins.config.value;

import org.jspecify.annotations.NullMarked;
