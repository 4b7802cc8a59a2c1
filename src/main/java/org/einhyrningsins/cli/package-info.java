// SPDX-License-Identifier: GPL-3.0-or-later

/// The two programs: arguments, help, exit codes, what a person reads.
///
/// [Main] is `einhyrningsins`, [ControlMain] is `einhyrningsinsctl`. Each reads its command line
/// twice over if need be: [org.einhyrningsins.cli.client.FastClientArguments] (or
/// [org.einhyrningsins.cli.terminal.FastManagerArguments]) by hand, which understands whatever is
/// well-formed and not about help; and, if that does not, picocli, which has the help texts and
/// says what is wrong. Loading picocli takes as long as all the rest of a command, and is not spent
/// on those who make no mistakes. A test holds both to the same language.
@NullMarked
package org.einhyrningsins.cli;

import org.jspecify.annotations.NullMarked;
