// SPDX-License-Identifier: GPL-3.0-or-later
/// The one place that calls the operating system: descriptors, sockets, epoll, signals, processes,
/// accounts. It keeps no opinion: it does what it is told and says exactly what the kernel said.
///
/// **How a call gets there.** jffi calls an address; the address is a few bytes of our own machine
/// code ([org.einhyrningsins.posix.kernel.MachineCode]) that make one raw system call and hand back
/// what the kernel hands back. So there is one native function for everything, no errno to fetch
/// afterwards, nothing that differs between C libraries, and none of the class generation and
/// reflection that binding an interface costs at start. The C library itself is asked only for what
/// is its own: the account database ([org.einhyrningsins.posix.kernel.Accounts], through jnr-posix,
/// loaded when it is first needed).
///
/// **How a worker is started.** No Java can run between fork and exec, and posix_spawn knows
/// neither rlimits nor user ids, umask or the child's own pid. So the child interprets *a list of
/// system calls* that Java wrote before: some 60 instructions that need no stack, no C library and
/// no JVM. It shares our memory until it is gone (CLONE_VM), as with vfork, so a start costs the
/// same whatever the size of the manager, and a failure comes back as the errno of the very step.
/// We do not stand still meanwhile: the kernel clears a word when it is gone
/// (CLONE_CHILD_CLEARTID), and we wait for that as long as we like (futex). Every signal is blocked
/// from before the clone, by the same machine code: no Java runs in between, since a JVM whose
/// SIGSEGV is blocked dies at its next safepoint. The child resets all handlers before it unblocks.
/// See [org.einhyrningsins.posix.spawn.Spawner].
///
/// **Descriptors.** Whatever the room opens is close-on-exec from the start. What may become a
/// worker's is moved up ([org.einhyrningsins.posix.file.Descriptors#raise]), so that numbers from 0
/// up are free for the worker's.
///
/// **Threads.** Everything belongs to the manager's loop thread. Static methods keep their memory
/// per thread, so that a stray caller does no harm; a [org.einhyrningsins.posix.file.Poll] has one
/// thread.
///
/// **Errors.** A [org.einhyrningsins.posix.kernel.PosixException] names the call and the errno.
/// What is no failure but an answer (nothing to read, no such process) is a return value.
///
/// Linux 5.9 or newer (close_range; pidfds are older) on x86-64 or aarch64.
@NullMarked
package org.einhyrningsins.posix;

import org.jspecify.annotations.NullMarked;
