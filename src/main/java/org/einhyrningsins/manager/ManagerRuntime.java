// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.history.HistoryStore;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.LogOutput;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.spec.manager.LogSpec;

import java.nio.ByteBuffer;

/// The loop, the log and the command line: what every other part of the manager uses.
///
/// @param buffer for reading from sockets; whoever reads is done with it before it returns
record ManagerRuntime(
        LaunchOptions options,
        LogOutput logOutput,
        ManagerLog managerLog,
        EventLoop eventLoop,
        ByteBuffer buffer,
        HistoryStore history) {
    private static final int BUFFER = 64 * 1024;
    private static final int STDERR = 2;

    /// Logs to standard error until the loop runs.
    static ManagerRuntime of(LaunchOptions options) {
        LogOutput logOutput = new LogOutput(STDERR);
        ManagerLog managerLog = new ManagerLog(logOutput, LogSpec.DEFAULT);
        return new ManagerRuntime(
                options.absolute(),
                logOutput,
                managerLog,
                new EventLoop(managerLog),
                ByteBuffer.allocateDirect(BUFFER),
                new HistoryStore(managerLog));
    }
}
