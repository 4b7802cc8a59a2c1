// SPDX-License-Identifier: GPL-3.0-or-later
/// History of programs: their latest generations, with who asked for each, what it changed, what
/// became of it, and its definition, to which `rollback` goes back.
///
/// [HistoryFollower] works out, from the state of a program in the core, what there is to note: a
/// version says itself who asked for it, so whatever a manager that was killed had not written yet
/// is found again in what its program has. [HistoryStore] keeps the histories, in memory and in a
/// file each of the state directory (`history-PROGRAM.json`), which outlives the manager;
/// [HistoryText] is the content of such a file, in the format of `manager.snapshot`. Files are
/// written, and the files of programs looked at ([CommandFiles]), on another thread: a disk or a
/// user may make that wait.
@NullMarked
package org.einhyrningsins.manager.history;

import org.jspecify.annotations.NullMarked;
