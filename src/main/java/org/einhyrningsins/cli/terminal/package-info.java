// SPDX-License-Identifier: GPL-3.0-or-later
/// Streams, terminals, names and command lines, as both programs use them. [FastManagerArguments]
/// reads an everyday command line without picocli; [TextOutput] is stdout or stderr in UTF-8.
@NullMarked
package org.einhyrningsins.cli.terminal;

import org.jspecify.annotations.NullMarked;
