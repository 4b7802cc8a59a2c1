// SPDX-License-Identifier: GPL-3.0-or-later
/// Descriptors, files, pipes, epoll and inotify.
///
/// [SafePath] is the one way to a file below a directory that others own: no foreign link is
/// followed, nothing waits. [PathWalk] goes there name by name; [PathReach] says whether others can
/// hold up who opens a file. [Descriptors] opens and closes; [AppendFiles] are files written at
/// their end; [InputFiles] are read from their beginning; [OutputPipes] are pipes that outlive us.
/// [BackgroundCloser] closes what may wait for somebody else.
@NullMarked
package org.einhyrningsins.posix.file;

import org.jspecify.annotations.NullMarked;
