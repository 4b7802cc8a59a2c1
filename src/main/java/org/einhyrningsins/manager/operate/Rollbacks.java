// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.history.FileChanges;
import org.einhyrningsins.manager.history.HistoryStore;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.manager.snapshot.ProgramHistory;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Rolls programs onto definitions that were recorded of earlier generations. All of them can be
/// rolled, as far as one can see before, or none is.
final class Rollbacks {
    private final ProgramTable programTable;
    private final HistoryStore store;
    private final Reloader reloader;
    private final ProgramCommands programCommands;
    private final ManagerLog managerLog;

    Rollbacks(
            ProgramTable programTable,
            HistoryStore store,
            Reloader reloader,
            ProgramCommands programCommands,
            ManagerLog managerLog) {
        this.programTable = programTable;
        this.store = store;
        this.reloader = reloader;
        this.programCommands = programCommands;
        this.managerLog = managerLog;
    }

    /// A program, and the generation that it is to go back to.
    ///
    /// @param spec definition of that generation, with the number of workers that it has now
    private record Step(ProgramHost host, GenerationRecord to, ProgramSpec spec) {}

    /// A rollback that cannot begin.
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(ProgramHost host, String why) {
            super(host.name() + ": " + why);
        }
    }

    /// Begins the rollouts, and has the client told of their outcome.
    void begin(ClientRequest request, ControlCommand.Rollback command) throws UsageException {
        Set<ProgramHost> hosts = new LinkedHashSet<>();
        for (CommandTarget target : command.targets()) {
            ProgramHost host = programTable.get(target.program());
            if (host == null) {
                throw new UsageException(programTable.unknown(target.program()));
            }
            hosts.add(host);
        }
        List<String> notes = new ArrayList<>();
        try {
            List<Step> steps = new ArrayList<>();
            for (ProgramHost host : hosts) {
                steps.add(step(host, command.generation(), notes));
            }
            begin(request, steps, notes);
        } catch (Refused e) {
            refuse(request, String.valueOf(e.getMessage()));
        }
    }

    private void refuse(ClientRequest request, String why) {
        managerLog.warn("", "cannot roll back: " + why);
        request.reply(ExitStatus.FAILED, "cannot roll back " + why + "; nothing was changed");
    }

    private void begin(ClientRequest request, List<Step> steps, List<String> notes) {
        SequencedMap<String, ProgramSpec> recorded = new LinkedHashMap<>();
        steps.forEach(step -> recorded.put(step.host().name(), step.spec()));
        VersionOrigin origin = request.origin(VersionOrigin.Made.ROLLBACK);
        PendingCommand pendingCommand =
                programCommands.withData(request, request.pending().from(origin));
        String objection = reloader.prepareRollback(recorded, pendingCommand);
        if (objection != null) {
            pendingCommand.abandon();
            refuse(request, String.join(", ", recorded.keySet()) + ": " + objection);
            return;
        }
        steps.forEach(step -> pendingCommand.addProgram());
        notes.forEach(note -> pendingCommand.addProgram());
        for (Step step : steps) {
            var rollback =
                    new OperatorOverride.Rollback(
                            step.to().number(), origin.by(), origin.atMillis());
            managerLog.info(step.host().name(), rollback.words("") + ": is rolled");
            programCommands.ask(
                    step.host(),
                    new ProgramCommand.Apply(step.spec(), true, rollback),
                    pendingCommand);
        }
        notes.forEach(note -> pendingCommand.programAnswered(true, note));
        pendingCommand.accepted(request.request().command());
    }

    // ---- which generation

    private Step step(ProgramHost host, @Nullable Integer wanted, List<String> notes)
            throws Refused, UsageException {
        String owner = host.program().newest().taskOwner();
        if (owner != null) {
            throw new Refused(host, "a task of " + owner + "; it follows its rollouts");
        }
        ProgramHistory history = store.of(host.name());
        GenerationRecord to =
                wanted == null ? lastGood(host, history) : named(host, history, wanted);
        ProgramVersion version = to.version();
        if (version == null) {
            throw new Refused(
                    host,
                    "the definition of generation "
                            + to.number()
                            + " is not kept any more, since the history is bounded; put it into"
                            + " the file and 'reload "
                            + host.name()
                            + "'");
        }
        lookAtFiles(host, history, to.number(), notes);
        Program program = host.program();
        ProgramSpec spec =
                version.spec()
                        .withWorkers(program.newest().workers())
                        .startingAfter(program.newest().supervision().start());
        return new Step(host, to, spec);
    }

    private GenerationRecord named(ProgramHost host, ProgramHistory history, int wanted)
            throws Refused, UsageException {
        Program program = host.program();
        if (wanted == program.serving().generation()) {
            Rollout rollout = program.rollout();
            throw new Refused(
                    host,
                    "generation "
                            + wanted
                            + " serves now; "
                            + (rollout == null || rollout.draining()
                                    ? "'history " + host.name() + "' lists the others"
                                    : "'abort " + host.name() + "' ends the rollout under way"));
        }
        for (GenerationRecord record : history.generations()) {
            if (record.number() == wanted) {
                return record;
            }
        }
        throw new UsageException(
                host.name()
                        + " has no generation "
                        + wanted
                        + " in its history; 'history "
                        + host.name()
                        + "' lists those that it has");
    }

    /// The last good generation before the one that serves that is not the same all over again.
    /// After a rollback, it is one before the generation that was rolled back to: to repeat the
    /// command does not bring back what was left.
    private static GenerationRecord lastGood(ProgramHost host, ProgramHistory history)
            throws Refused {
        Program program = host.program();
        Rollout rollout = program.rollout();
        ProgramVersion serving = program.serving();
        if (rollout != null && !rollout.draining()) {
            throw new Refused(
                    host,
                    "a rollout to generation "
                            + rollout.target().generation()
                            + " is under way; 'abort "
                            + host.name()
                            + "' ends it, and generation "
                            + serving.generation()
                            + " is kept; to go elsewhere, name the generation");
        }
        OperatorOverride.Rollback rollback = serving.rollback();
        int before = rollback == null ? serving.generation() : rollback.generation();
        for (GenerationRecord record : history.generations().reversed()) {
            ProgramVersion version = record.version();
            boolean other =
                    version == null
                            || !version.spec()
                                    .spawnSettings()
                                    .equals(serving.spec().spawnSettings());
            if (record.number() < before && record.good() && other) {
                return record;
            }
        }
        throw new Refused(
                host,
                "no good generation of another definition is recorded before generation "
                        + before
                        + "; 'history "
                        + host.name()
                        + "' lists what there is");
    }

    private void lookAtFiles(
            ProgramHost host, ProgramHistory history, int generation, List<String> notes)
            throws Refused {
        Map<Integer, FileChanges> files = store.files(history);
        FileChanges changes = files == null ? null : files.get(generation);
        if (changes == null) {
            notes.add(
                    host.name()
                            + ": whether the files of generation "
                            + generation
                            + " are as they were could not be found out in time");
            return;
        }
        if (!changes.gone().isEmpty()) {
            throw new Refused(
                    host,
                    "generation "
                            + generation
                            + " cannot be brought back: "
                            + String.join(", ", changes.gone())
                            + (changes.gone().size() == 1 ? " is" : " are")
                            + " gone; restore that, or name another generation");
        }
        for (String file : changes.changed()) {
            notes.add(
                    host.name()
                            + ": "
                            + file
                            + " was changed since generation "
                            + generation
                            + " began: it runs as it is now");
        }
    }
}
