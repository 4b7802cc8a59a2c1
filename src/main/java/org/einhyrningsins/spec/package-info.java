// SPDX-License-Identifier: GPL-3.0-or-later
/// The validated values that every room speaks of: what a program is, which sockets it has, how its
/// workers are started, known to be up, replaced and stopped.
///
/// A [org.einhyrningsins.spec.ProgramSpec] has three groups: what a worker is started with
/// ([org.einhyrningsins.spec.LaunchSpec], and its sockets, [org.einhyrningsins.spec.BindSpec]), and
/// what can change while it runs ([org.einhyrningsins.spec.SupervisionSpec]).
///
/// A value of this package is always right: `config` makes it only from a file without problems, so
/// nobody downstairs checks again. Nothing here does I/O, and everything is immutable and compared
/// by value: the difference between two files is the difference between their values.
///
/// Where the file says nothing, a constant here holds, often called `DEFAULT`, or one in `config`;
/// `config.source.ConfigShape` says it too, and `KeyTableTest` compares.
@NullMarked
package org.einhyrningsins.spec;

import org.jspecify.annotations.NullMarked;
