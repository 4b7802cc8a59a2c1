// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.operate.Reloader;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.Map;

/// Carries out what a reload changes outside of programs that run: hosts new ones, brings settings
/// into force, has decisions written down.
final class ReloadHosting implements Reloader.Hosting {
    private final ManagerParts parts;

    ReloadHosting(ManagerParts parts) {
        this.parts = parts;
    }

    @Override
    public ProgramHost host(ProgramSpec spec, @Nullable OperatorOverride byHand)
            throws IOException {
        ProgramHost host =
                parts.programs.host(
                        spec, byHand == null ? parts.overrides.unhosted(spec.name()) : byHand);
        host.prepare(spec); // what cannot be had refuses the reload
        return host;
    }

    @Override
    public void changes(String program, String words) {
        parts.files.facts().note(program, FactKind.CONFIG_READ, words, Map.of());
    }

    @Override
    public void settings(ServicesSpec services) {
        parts.settings.take(services);
    }

    @Override
    public void prepare(ServicesSpec services) throws SocketTable.CannotBind {
        parts.settings.http().prepare(services.http());
    }

    @Override
    public void forgo() {
        parts.settings.http().rollBack();
    }

    @Override
    public ServicesSpec settings() {
        return parts.settings.last();
    }

    @Override
    public ServicesSpec inForce() {
        return parts.settings.current();
    }

    @Override
    public void unsettled() {
        parts.commands.requestSocketClose();
    }

    @Override
    public void closeUnused() {
        parts.sockets.closeUnused();
    }

    @Override
    public Runnable reloading() {
        parts.sockets.files().look(); // a link in a path may lead elsewhere by now
        return parts.service.reloading();
    }

    @Override
    public void decided() {
        parts.recorder.write();
    }

    @Override
    public boolean kept() {
        return parts.sockets.keepCopies();
    }
}
