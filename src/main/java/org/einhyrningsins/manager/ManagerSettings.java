// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.http.HttpListener;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

/// The settings of the manager itself, brought into force at the start and at every reload: its
/// log, who may use its control socket, its HTTP listener.
final class ManagerSettings {
    private final ManagerParts parts;
    private final HttpListener http;
    private @Nullable ServicesSpec last;

    ManagerSettings(ManagerParts parts, HttpListener http) {
        this.parts = parts;
        this.http = http;
    }

    HttpListener http() {
        return http;
    }

    /// The settings taken over last.
    ///
    /// @throws IllegalStateException before there are any
    ServicesSpec last() {
        if (last == null) {
            throw new IllegalStateException("settings are asked for after the manager has some");
        }
        return last;
    }

    /// Returns the settings in force: the log level as an operator set it, and the HTTP listener
    /// that could be opened.
    ServicesSpec current() {
        ServicesSpec taken = last();
        return new ServicesSpec(
                taken.control(),
                parts.runtime.managerLog().spec(),
                taken.stateDirectory(),
                http.spec(),
                taken.programs(),
                taken.groups());
    }

    /// Goes on with the settings of the manager before, which are in force.
    void resume(ServicesSpec before) {
        last = before;
    }

    /// Brings settings into force, but for those that are read at the start only.
    void take(ServicesSpec services) {
        ServicesSpec before = last;
        ControlServer control = parts.files.control();
        if (control != null) { // also where names have other numbers since
            String problem =
                    control.admit(
                            services.control(),
                            HostFacts.access(services.control(), parts.runtime.managerLog()));
            if (problem != null) {
                parts.runtime.managerLog().error("", problem + "; reload to try again");
            }
        }
        if (before != null && before.control().forOthers() != services.control().forOthers()) {
            applyAccess(services.control());
        }
        last = before == null ? services : services.takenOverBy(before);
        http.commit();
        parts.runtime.managerLog().configure(services.log());
    }

    /// Lets other users through to the control socket, or no longer.
    void applyAccess(ControlSpec spec) {
        String obstacle = parts.files.paths().permitOthers(spec.forOthers());
        if (obstacle != null) {
            parts.runtime.managerLog().warn("", obstacle);
        }
    }

    /// Opens the HTTP listener where nobody kept it. Without it programs can be looked after all
    /// the same.
    void reopenHttp() {
        try {
            http.prepare(last().http());
            http.commit();
        } catch (SocketTable.CannotBind e) {
            parts.runtime
                    .managerLog()
                    .error("", e.getMessage() + "; reload when the address is free");
        }
    }
}
