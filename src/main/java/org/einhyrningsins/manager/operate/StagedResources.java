// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Resources that programs need before they are told of a change: a host for a new program, and
/// worker sockets for one that gets another user. They can be released until the programs are told.
final class StagedResources {
    private final ProgramTable programTable;
    private final Hosts hosts;
    private final Map<String, OperatorOverride> byHand;
    private final Map<String, ProgramHost> made = new HashMap<>();
    private final List<Runnable> undo = new ArrayList<>();

    /// Makes hosts.
    interface Hosts {
        /// Of a program that is not among the others yet.
        ///
        /// @param byHand what an operator set of it; null if that is not known here
        ProgramHost host(ProgramSpec spec, @Nullable OperatorOverride byHand) throws IOException;
    }

    /// Something cannot be had.
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    /// @param byHand what was set by hand of programs that are new, by name
    StagedResources(ProgramTable programTable, Hosts hosts, Map<String, OperatorOverride> byHand) {
        this.programTable = programTable;
        this.hosts = hosts;
        this.byHand = byHand;
    }

    void prepare(DefinitionChange definitionChange) throws Failed {
        try {
            switch (definitionChange.kind()) {
                case ADDED -> make(definitionChange.after());
                case NOTED, ROLLED -> open(definitionChange.after());
                case REMOVED, UNCHANGED, IN_PLACE, BACK, REFUSED -> {}
            }
        } catch (IOException e) {
            throw failed(definitionChange, RuntimeFiles.why(e));
        } catch (PosixException | UnknownAccountException e) {
            throw failed(definitionChange, String.valueOf(e.getMessage()));
        }
    }

    private static Failed failed(DefinitionChange definitionChange, String why) {
        return new Failed(
                "cannot make worker sockets of '" + definitionChange.program() + "': " + why);
    }

    private void make(@Nullable ProgramSpec spec) throws IOException {
        if (spec != null) {
            ProgramHost host = hosts.host(spec, byHand.get(spec.name()));
            made.put(spec.name(), host);
            undo.add(host::close);
        }
    }

    private void open(@Nullable ProgramSpec spec) throws IOException {
        ProgramHost host = spec == null ? null : programTable.get(spec.name());
        if (spec != null && host != null) {
            undo.add(host.prepare(spec));
        }
    }

    /// The host of the program that changes.
    ProgramHost host(DefinitionChange definitionChange) {
        ProgramHost host = made.get(definitionChange.program());
        host = host == null ? programTable.get(definitionChange.program()) : host;
        if (host == null) {
            throw new IllegalStateException(
                    "'" + definitionChange.program() + "' was not prepared");
        }
        return host;
    }

    /// Gives back what was had.
    void undo() {
        undo.reversed().forEach(Runnable::run);
        undo.clear();
        made.clear();
    }
}
