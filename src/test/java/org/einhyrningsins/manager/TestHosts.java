// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramFact;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.program.OrphanReaper;
import org.einhyrningsins.manager.program.ProbeRunner;
import org.einhyrningsins.manager.program.ProcessGroupWatch;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramListener;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.program.WorkerServices;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerCredentials;
import org.einhyrningsins.manager.spawn.WorkerEnvironment;
import org.einhyrningsins.manager.spawn.WorkerOutput;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.spec.ProgramSpec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Programs of a manager that has no processes: what there is of workers is only known.
public final class TestHosts implements ProgramListener, WorkerSockets.Opener {
    private final ProgramTable programTable;
    private final ProgramHost.Surface surface;
    private Consumer<ProgramHost> births = host -> {};

    public TestHosts(ProgramTable programTable, SocketTable sockets, ManagerLog managerLog) {
        this.programTable = programTable;
        EventLoop eventLoop = new EventLoop(managerLog);
        WorkerCgroups cgroups = new WorkerCgroups(managerLog);
        WorkerCredentials secrets = new WorkerCredentials();
        WorkerOutput workerOutput =
                new WorkerOutput(eventLoop, -1, (level, program, message) -> {});
        var inherited = WorkerEnvironment.inherited(Map.of());
        surface =
                new ProgramHost.Surface(
                        eventLoop,
                        new WorkerServices(
                                new WorkerSpawner(
                                        inherited, sockets, cgroups, secrets, -1, workerOutput),
                                new ProbeRunner(eventLoop, ByteBuffer.allocateDirect(64)),
                                new OrphanReaper(programTable, cgroups, secrets, managerLog),
                                new ProcessGroupWatch(eventLoop)),
                        sockets,
                        this,
                        Path.of("/nonexistent"),
                        this);
    }

    /// Sets what happens before workers are started.
    public void beforeBirths(Consumer<ProgramHost> deed) {
        births = deed;
    }

    /// Adds a program as it is.
    public ProgramHost add(Program program) throws IOException {
        var image = new ProgramSnapshot(program, false, List.of(), List.of(), Map.of(), List.of());
        ProgramHost host = new ProgramHost(image, surface);
        programTable.add(host);
        return host;
    }

    /// What a file says of the program `web`.
    public static ProgramSpec web(Path directory, String definition) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {web: {command: [./x], " + definition + "}}");
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 1, name -> true, name -> true);
        LoadResult.Valid valid = (LoadResult.Valid) ConfigLoader.load(file, machine);
        return valid.services().programs().firstEntry().getValue();
    }

    public void close() throws IOException {
        surface.loop().close();
    }

    @Override
    public WorkerSockets open(ProgramSpec spec, WorkerSockets.Listener listener)
            throws IOException {
        throw new IOException("workers are not born here");
    }

    @Override
    public WorkerSockets resume(WorkerSocketsSnapshot image, WorkerSockets.Listener listener)
            throws IOException {
        throw new IOException("workers are not born here");
    }

    @Override
    public void progress(long ticket, String message) {}

    @Override
    public void answer(ProgramHost host, ProgramEffect.Answer answer, String lastWords) {}

    @Override
    public void report(
            ProgramHost host, ProgramEffect.Severity severity, String subject, String message) {}

    @Override
    public void fact(ProgramHost host, ProgramFact fact) {}

    @Override
    public void missesRelease(ProgramHost host) {}

    @Override
    public void taskChanged(ProgramHost host) {}

    @Override
    public void taskDropped(TaskStage stage) {}

    @Override
    public void listen() {}

    @Override
    public void stepped(ProgramHost host) {}

    @Override
    public void requestSocketClose() {}

    @Override
    public void spawning(ProgramHost host) {
        births.accept(host);
    }

    @Override
    public void finished() {}

    @Override
    public void definitionChanged(ProgramHost host) {}

    @Override
    public void versionOrHealthChanged(ProgramHost host) {}

    @Override
    public void internalError(ProgramHost host, RuntimeException thrown) {
        throw thrown;
    }
}
