// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.handover.OperatorOverrides;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

/// The manager's own places in the file system, and the control socket in one of them. Known once
/// the settings are read.
final class ManagerFiles {
    private final ManagerParts parts;
    private final FactRecorder facts;
    private @Nullable RuntimePaths paths;
    private @Nullable ControlServer control;

    ManagerFiles(ManagerParts parts) {
        this.parts = parts;
        facts = new FactRecorder(parts);
    }

    /// Tells and keeps facts.
    FactRecorder facts() {
        return facts;
    }

    /// Works out the paths from the settings; makes nothing.
    RuntimePaths open(ServicesSpec services) {
        ManagerRuntime runtime = parts.runtime;
        RuntimePaths here = new RuntimePaths(runtime.options(), services);
        paths = here;
        parts.overrides.open(
                new OperatorOverrides(
                        here.state(), runtime.options().definition(), runtime.managerLog()));
        parts.sockets.open(here.state());
        return here;
    }

    /// The paths.
    ///
    /// @throws IllegalStateException before the settings are read
    RuntimePaths paths() {
        if (paths == null) {
            throw new IllegalStateException("programs are hosted after the manager is open");
        }
        return paths;
    }

    /// Answers at this control socket from now on, and binds it anew if its file vanishes.
    void open(ControlServer opened) {
        control = opened;
        parts.sockets.files().watch(opened.path(), opened);
    }

    /// The control socket; null before it is open.
    @Nullable ControlServer control() {
        return control;
    }

    /// Logs something about a program, and tells those who follow its events.
    ///
    /// @param subject the program, or one of its workers
    /// @param kind the type of the fact
    void logAndRecord(
            LogSpec.Level level, String program, String subject, FactKind kind, String message) {
        parts.runtime.managerLog().write(level, subject, kind, message);
        if (control != null) {
            String line = subject + ": " + message;
            control.forEachClient(client -> client.notifyFollower(program, line));
        }
    }

    /// Removes what was made.
    void close() {
        if (paths != null) {
            paths.close();
        }
        if (control != null) {
            parts.sockets.files().unwatch(control.path());
            control.close();
        }
        if (paths != null) {
            paths.closeControl();
        }
    }
}
