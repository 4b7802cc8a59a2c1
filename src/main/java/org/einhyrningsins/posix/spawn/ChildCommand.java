// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import java.util.List;

/// Arguments of a child's execve, and the directory that it is made in.
///
/// @param executable its path; taken from the directory if relative
/// @param argv with the name it is called by first
/// @param environment `NAME=VALUE`; the whole of it
/// @param ownPidVariables names of variables that hold the child's own pid
/// @param directory working directory
public record ChildCommand(
        String executable,
        List<String> argv,
        List<String> environment,
        List<String> ownPidVariables,
        String directory) {}
