// SPDX-License-Identifier: GPL-3.0-or-later
/// A configuration file as it is written: its text, positions in it, its values, and problems.
///
/// [ConfigNode] is a value with its [SourcePosition]; [KeyPath] is the keys that lead to it.
/// [ProblemCollector] collects what is wrong; [ValueException] is thrown by small parsers that know
/// no position. [ConfigShape] is the table of maps and the keys each may hold. [ConfigLimits]
/// bounds what a configuration may hold.
@NullMarked
package org.einhyrningsins.config.source;

import org.jspecify.annotations.NullMarked;
