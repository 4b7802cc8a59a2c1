// SPDX-License-Identifier: GPL-3.0-or-later
/// What strangers may write to the manager, thrown at what reads it: the wire, the state files,
/// notifications, requests of HTTP. Each target is a class `…Fuzz` beside what it is about, with
/// one method that takes bytes, as Jazzer calls it; see CONTRIBUTING.md.
@NullMarked
package org.einhyrningsins.fuzz;

import org.jspecify.annotations.NullMarked;
