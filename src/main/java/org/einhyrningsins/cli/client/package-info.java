// SPDX-License-Identifier: GPL-3.0-or-later
/// `einhyrningsinsctl`: its command line, its shell, the display of replies, and `logs`.
///
/// [FastClientArguments] reads what everybody types, [ControlModel] everything else and all
/// mistakes. [ControlProgram] sends the command and shows what comes. [CommandShell] runs lines;
/// [CommandHelp] has the help of each command, from which [Completion] offers what may be typed;
/// [LogProgram] and [LogTail] read log files themselves, at the places that the manager names.
@NullMarked
package org.einhyrningsins.cli.client;

import org.jspecify.annotations.NullMarked;
