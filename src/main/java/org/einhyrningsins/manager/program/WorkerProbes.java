// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.SpawnRefusedException;
import org.einhyrningsins.manager.spawn.SpawnTemplate;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.ProcessMemory;
import org.einhyrningsins.posix.spawn.PendingChild;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Checks of the workers of one program: probes whether they are ready or healthy, by a connection
/// or a command, and measurements of their memory. Results come back as events.
final class WorkerProbes {
    private final ProgramContext context;
    private final WorkerSpawner workerSpawner;
    private final SocketTable sockets;
    private final ProbeRunner probeRunner;
    private final WorkerTable workerTable;
    private final SpawnTemplates spawnTemplates;
    private final Map<WorkerId, ProcReader.Question<Long>> measurements = new HashMap<>(0);
    private @Nullable PendingChild lastCommand;
    private @Nullable String failure;

    WorkerProbes(
            ProgramContext context,
            ProgramHost.Surface surface,
            WorkerTable workerTable,
            SpawnTemplates spawnTemplates) {
        this.context = context;
        this.workerSpawner = surface.workers().spawner();
        this.sockets = surface.sockets();
        this.probeRunner = surface.workers().probeRunner();
        this.workerTable = workerTable;
        this.spawnTemplates = spawnTemplates;
    }

    /// Reason why the last command of a health check could not be run; null if it could.
    @Nullable String failure() {
        return failure;
    }

    /// Begins a probe of a worker.
    void begin(ProgramEffect.Probe order) {
        WorkerId id = order.worker();
        ProbeRunner.ResultListener listener = resultListener(id);
        switch (order.target()) {
            case AckSpec.SocketTarget target ->
                    probeRunner.start(key(id), target, address(id, target.endpoint()), listener);
            case AckSpec.ExecTarget target -> run(id, target, listener);
        }
    }

    private ProbeRunner.ResultListener resultListener(WorkerId id) {
        return new ProbeRunner.ResultListener() {
            @Override
            public void answered(boolean up, String answer) {
                context.take(new ProgramEvent.Probed(id, up, answer));
            }

            @Override
            public void partialAnswer(String answer) {
                context.take(new ProgramEvent.PartialAnswer(id, answer));
            }
        };
    }

    /// Ends the probe of a worker, if there is one: its result is of no use any more.
    void end(WorkerId id) {
        probeRunner.forget(key(id));
    }

    /// Ends all checks of a worker that is gone.
    void forget(WorkerId id) {
        end(id);
        measurements.remove(id);
    }

    private void run(WorkerId id, AckSpec.ExecTarget target, ProbeRunner.ResultListener listener) {
        Worker worker = context.worker(id);
        WorkerProcess process = workerTable.of(id);
        if (worker == null || process == null) {
            return;
        }
        try {
            SpawnTemplate spawnTemplate = spawnTemplates.of(worker.version());
            requireLastCommandBegun();
            WorkerCgroups.Check check =
                    workerSpawner.check(id, spawnTemplate, target.command(), process.pid());
            lastCommand = check.birth();
            failure = null;
            Runnable over = () -> workerSpawner.checked(check);
            probeRunner.await(key(id), check.birth().child(), check.output(), listener, over);
        } catch (IOException | SpawnRefusedException | SpawnException | PosixException e) {
            failed(id, String.valueOf(e.getMessage()));
        }
    }

    private void failed(WorkerId id, String why) {
        if (!context.isStarting(id) && !why.equals(failure)) {
            failure = why;
            String what = "its health is not known: cannot run its check: " + why;
            context.report(ProgramEffect.Severity.WARN, id, what + "; nobody is replaced for that");
        }
        context.take(new ProgramEvent.ProbeNotRun(id, why));
    }

    /// Refuses another command while one is held up in the kernel: one is enough.
    private void requireLastCommandBegun() throws SpawnRefusedException {
        if (lastCommand != null && lastCommand.underWay()) {
            throw new SpawnRefusedException(
                    "pid "
                            + lastCommand.child().pid()
                            + ", the check before, still waits in the kernel for whoever owns the"
                            + " file of its program, its interpreter or directory");
        }
    }

    /// Measures the memory of a worker that has a limit. It is read on another thread; what is not
    /// known in time perhaps is when it is measured next.
    void measureMemory(WorkerId id) {
        Worker worker = context.worker(id);
        WorkerProcess process = workerTable.of(id);
        Long most = worker == null ? null : worker.version().spec().monitoring().memoryMax();
        if (process == null || most == null) {
            return;
        }
        ProcReader.Question<Long> before = measurements.remove(id);
        ProcReader.Question<Long> asked =
                before == null
                        ? ProcReader.ask(this, () -> ProcessMemory.ofTree(process.pid(), most))
                        : before;
        Long bytes = asked.answer();
        if (bytes != null) {
            context.take(new ProgramEvent.MemoryMeasured(id, bytes));
        } else if (!asked.refused()) {
            measurements.put(id, asked);
        }
    }

    private String address(WorkerId id, AckSpec.Endpoint endpoint) {
        return switch (endpoint) {
            case AckSpec.OwnSocket own -> ownAddress(id, own.name());
            case AckSpec.Fixed fixed ->
                    fixed.host().getHostAddress() + ":" + fixed.port().expand(id.slot(), Map.of());
        };
    }

    /// Address of a socket of the worker's own definition: a newer one may name other sockets.
    private String ownAddress(WorkerId id, String socket) {
        Worker worker = context.worker(id);
        ProgramSpec spec = worker == null ? context.program().newest() : worker.version().spec();
        List<BoundSocket> bound = sockets.of(spec);
        for (int i = 0; i < bound.size(); i++) {
            if (spec.sockets().get(i).name().equals(socket)) {
                return bound.get(i).address();
            }
        }
        return "";
    }

    /// @param owner not the program's name: an older program of that name may still be leaving
    private record Key(WorkerProbes owner, WorkerId worker) {}

    private Object key(WorkerId id) {
        return new Key(this, id);
    }
}
