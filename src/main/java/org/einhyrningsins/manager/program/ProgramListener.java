// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramFact;
import org.einhyrningsins.core.model.TaskStage;

/// Hears what happens to a program.
public interface ProgramListener {
    /// A command to it goes on.
    void progress(long ticket, String message);

    /// A worker of the version that serves could not be started, since its release is gone.
    void missesRelease(ProgramHost host);

    /// It waits for a task, or is one, and something changed of that.
    void taskChanged(ProgramHost host);

    /// It waits for that task no longer.
    void taskDropped(TaskStage stage);

    /// A command to it is done, or has failed.
    void answer(ProgramHost host, ProgramEffect.Answer answer, String lastWords);

    /// Something worth telling happened.
    ///
    /// @param subject the program, or one of its workers with its pid
    void report(ProgramHost host, ProgramEffect.Severity severity, String subject, String message);

    /// A step brought a fact about.
    void fact(ProgramHost host, ProgramFact fact);

    /// Messages that wait at the control socket are to be taken up.
    void listen();

    /// An event has been dealt with.
    void stepped(ProgramHost host);

    /// It has fewer slots, so sockets may be over.
    void requestSocketClose();

    /// Workers of it are about to be started.
    void spawning(ProgramHost host);

    /// A slot of it is not filled again: how its worker ended cannot be found out later.
    void finished();

    /// Its definitions have changed, so sockets may be over.
    void definitionChanged(ProgramHost host);

    /// Something changed of its versions, or of whether the one that serves is well.
    void versionOrHealthChanged(ProgramHost host);

    /// An impossible thing happened; it is survived.
    void internalError(ProgramHost host, RuntimeException thrown);
}
