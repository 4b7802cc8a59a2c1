// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.model.ProgramFact;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.FactStore;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/// Tells facts wherever they are to be seen, each with the same type and words: the log, clients
/// that follow events, and the store for those who ask later.
final class FactRecorder {
    private final ManagerParts parts;
    private final FactStore store;

    FactRecorder(ManagerParts parts) {
        this.parts = parts;
        store = new FactStore(parts.runtime.managerLog());
    }

    /// The store of facts.
    FactStore store() {
        return store;
    }

    /// Tells something of a program that is no fact of its steps.
    ///
    /// @param subject the program, or one of its workers
    void record(LogSpec.Level level, String program, String subject, String message) {
        record(level, program, subject, FactKind.NOTE, message);
    }

    /// The same, of a type.
    void record(
            LogSpec.Level level, String program, String subject, FactKind kind, String message) {
        parts.files.logAndRecord(level, program, subject, kind, message);
        if (level != LogSpec.Level.DEBUG) {
            store(new Fact(Clock.wallMillis(), program, -1, 0, kind, message, Map.of()));
        }
    }

    /// Tells a fact of a program.
    ///
    /// @param process pid of the worker that it is about; 0 for none
    /// @param level of the line in the log; null for none
    void record(String program, ProgramFact its, int process, LogSpec.@Nullable Level level) {
        WorkerId worker = its.worker();
        Fact fact =
                new Fact(
                        Clock.wallMillis(),
                        program,
                        worker == null ? -1 : worker.slot(),
                        process,
                        its.kind(),
                        its.message(),
                        its.details());
        if (level != null) {
            String pid = fact.pid() == 0 ? "" : " pid " + fact.pid();
            String subject = fact.subject() + (fact.slot() < 0 ? "" : pid);
            parts.files.logAndRecord(level, fact.program(), subject, fact.kind(), fact.message());
        }
        if (level != LogSpec.Level.DEBUG || fact.kind() != FactKind.NOTE) {
            store(fact);
        }
    }

    /// Notes a fact that stands in the log otherwise, or not at all.
    void note(String program, FactKind kind, String message, Map<String, String> details) {
        store(new Fact(Clock.wallMillis(), program, -1, 0, kind, message, details));
    }

    private void store(Fact fact) {
        store.add(fact);
        ControlServer control = parts.files.control();
        if (control != null) {
            control.forEachClient(client -> client.notifyFollower(fact));
        }
    }
}
