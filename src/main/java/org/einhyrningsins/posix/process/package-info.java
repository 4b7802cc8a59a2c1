// SPDX-License-Identifier: GPL-3.0-or-later
/// Processes and control groups: this process and others by pid or pidfd ([Processes]), its
/// children ([Children]), descent ([ProcessTree]), process groups ([ProcessGroups]), what /proc
/// tells of a process ([ProcessStatus], [ProcessEnvironment], [ProcessUsage]), [Niceness], the
/// search for an executable ([ExecutableSearch]); signals to the manager ([SignalDescriptor]);
/// [Cgroups]; and execve(2) of the manager itself ([ProcessImage]).
@NullMarked
package org.einhyrningsins.posix.process;

import org.jspecify.annotations.NullMarked;
