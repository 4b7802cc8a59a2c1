// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.WaitBudget;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.spawn.ChildGate;
import org.einhyrningsins.posix.spawn.PendingChild;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnRequest;
import org.einhyrningsins.posix.spawn.Spawner;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Spawns workers and their checks into sandboxes and control groups. It waits for none of them
/// longer than there is [WaitBudget].
final class ConfinedSpawner {
    private final Spawner spawner = new Spawner();
    private final WaitBudget waitBudget = new WaitBudget();
    private final SpawnPreparation spawnPreparation = new SpawnPreparation(waitBudget);
    private final WorkerCgroups cgroups;
    private final WorkerCredentials secrets;
    private @Nullable StateJournal stateJournal;
    private @Nullable JobRecords records;

    ConfinedSpawner(WorkerCgroups cgroups, WorkerCredentials secrets) {
        this.cgroups = cgroups;
        this.secrets = secrets;
    }

    /// Sets the journal in which workers leave their notes.
    void journalTo(StateJournal file) {
        stateJournal = file;
        spawner.journalTo(file.file());
    }

    /// Sets the files in which the ends of jobs are written.
    void recordIn(JobRecords jobRecords) {
        records = jobRecords;
    }

    /// Returns the journal in which workers leave their notes; null before there is one.
    @Nullable StateJournal journal() {
        return stateJournal;
    }

    /// Begins the preparation of a worker of that program.
    SpawnPreparation.Site site(String program) {
        return spawnPreparation.site(program);
    }

    /// Gives back what starts need that took their time and are over.
    void releaseFinished() {
        spawner.releaseFinished();
    }

    /// Spawns a worker. A remembered executable that is no longer there is looked for once more.
    ///
    /// @param site its preparation, which the worker waits for if it is late
    PendingChild worker(
            WorkerId id,
            SpawnTemplate spawnTemplate,
            WorkerDescriptors descriptors,
            SpawnPreparation.Site site)
            throws SpawnException {
        StateJournal journal = stateJournal;
        String note = journal == null ? "" : note(journal, id, spawnTemplate.version());
        if (spawnTemplate.remembersExecutable()) {
            try {
                return worker(id, spawnTemplate, descriptors, site, note);
            } catch (SpawnException e) {
                spawnTemplate.forgetExecutable();
            }
        }
        return worker(id, spawnTemplate, descriptors, site, note);
    }

    private PendingChild worker(
            WorkerId id,
            SpawnTemplate spawnTemplate,
            WorkerDescriptors descriptors,
            SpawnPreparation.Site site,
            String note)
            throws SpawnException {
        ProgramSpec spec = spawnTemplate.version().spec();
        String mark = WorkerTag.of(spec.name(), id);
        SpawnRequest order = spawnTemplate.order(id, descriptors);
        try (SandboxRuleset sandboxRuleset = sandbox(order, spec, mark)) {
            sandboxRuleset.fill(site);
            ChildGate childGate =
                    site.gate(() -> WorkerCredentials.discard(secrets.directory(mark)));
            SpawnRequest inside = order.withRuleset(sandboxRuleset.ruleset()).withGate(childGate);
            return recordDelay(
                    spec.job() == null
                            ? begin(mark, spec, inside, note, childGate)
                            : job(mark, spec, id, inside, note, childGate));
        }
    }

    /// Begins a worker whose end a monitor writes down. Where that cannot be, its end is known only
    /// while this manager lives.
    private PendingChild job(
            String mark,
            ProgramSpec spec,
            WorkerId id,
            SpawnRequest order,
            String note,
            @Nullable ChildGate childGate)
            throws SpawnException {
        int record = record(spec.name(), id);
        if (record < 0) {
            return begin(mark, spec, order, note, childGate);
        }
        try {
            return begin(mark, spec, order.recordedIn(record), note, childGate);
        } finally {
            Descriptors.close(record);
        }
    }

    private int record(String program, WorkerId id) {
        JobRecords known = records;
        try {
            return known == null || !Spawner.canMonitor() ? -1 : known.open(program, id);
        } catch (IOException e) {
            return -1; // a full disk, or a directory that is gone: the job is more than its record
        }
    }

    private PendingChild begin(
            String mark,
            ProgramSpec spec,
            SpawnRequest order,
            String note,
            @Nullable ChildGate childGate)
            throws SpawnException {
        CgroupSpec limits = spec.identity().confinement().cgroup();
        PendingChild pendingChild = null;
        try {
            long wait =
                    childGate == null
                            ? waitBudget.nanos(Clock.now())
                            : 0; // that was waited already
            pendingChild = cgroups.spawn(mark, spawner, order, note, wait, limits);
            return pendingChild;
        } finally {
            if (childGate != null) {
                childGate.childStarted();
            }
            if (childGate != null && pendingChild == null) {
                childGate.close();
            }
        }
    }

    /// Spawns a command that tells how a worker is.
    WorkerCgroups.Check check(
            WorkerId id,
            SpawnTemplate spawnTemplate,
            List<TextTemplate> command,
            int pid,
            int output)
            throws SpawnException {
        ProgramSpec spec = spawnTemplate.version().spec();
        SpawnRequest order = spawnTemplate.check(id, command, pid, output);
        long wait = waitBudget.nanos(Clock.now());
        String mark = WorkerTag.of(spec.name(), id);
        try (SandboxRuleset sandboxRuleset = sandbox(order, spec, mark)) {
            SpawnPreparation.Site site = site(spec.name());
            sandboxRuleset.fill(site);
            if (site.late()) {
                String why = "; whoever owns a part of its paths makes that wait";
                throw new SpawnException("sandbox", Errno.EAGAIN.number(), why);
            }
            SpawnRequest inside = order.withRuleset(sandboxRuleset.ruleset());
            WorkerCgroups.Check check = cgroups.check(mark, spawner, inside, wait);
            recordDelay(check.birth());
            return check;
        }
    }

    private PendingChild recordDelay(PendingChild pendingChild) {
        if (pendingChild.underWay()) {
            waitBudget.missed(Clock.now());
        }
        return pendingChild;
    }

    private SandboxRuleset sandbox(SpawnRequest order, ProgramSpec spec, String mark) {
        Path executable =
                Path.of(order.command().directory()).resolve(order.command().executable());
        boolean hasSecrets = !spec.identity().confinement().credentials().isEmpty();
        return SandboxRuleset.of(spec, executable, hasSecrets ? secrets.directory(mark) : null);
    }

    private static String note(
            StateJournal stateJournal, WorkerId id, ProgramVersion programVersion) {
        return stateJournal.spawnNote(
                programVersion.spec().name(), id, programVersion.generation());
    }
}
