// SPDX-License-Identifier: GPL-3.0-or-later
/// Processes and control groups: ours, our children's, and who descends from whom ([Processes]);
/// signals to the manager ([SignalDescriptor]); what a process has used ([ProcessUsage]);
/// [Cgroups]; and execve(2) of ourselves ([ProcessImage]).
@NullMarked
package org.einhyrningsins.posix.process;

import org.jspecify.annotations.NullMarked;
