// SPDX-License-Identifier: GPL-3.0-or-later
/// The readers: one for each kind of map, from nodes to the values of `spec`.
///
/// [ConfigLoader] is the entry point: a file in, its meaning or all its problems out
/// ([LoadResult]). [ServicesReader] reads the main file and what it includes, [ProgramReader] one
/// program; the others are named after their key. [ClassicReader] makes of a classic command line
/// what a file would mean.
@NullMarked
package org.einhyrningsins.config.read;

import org.jspecify.annotations.NullMarked;
