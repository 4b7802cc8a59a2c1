// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.read.Loaded;
import org.einhyrningsins.config.read.Loader;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.manager.channel.WorkerDoor;
import org.einhyrningsins.manager.program.Prober;
import org.einhyrningsins.manager.program.ProcessGroups;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.Programs;
import org.einhyrningsins.manager.program.Strays;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.Loop;
import org.einhyrningsins.manager.snapshot.DoorImage;
import org.einhyrningsins.manager.snapshot.ProgramImage;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.Births;
import org.einhyrningsins.manager.spawn.Environment;
import org.einhyrningsins.manager.spawn.Outputs;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerCredentials;
import org.einhyrningsins.spec.ProgramSpec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Programs of a manager that has no processes: what there is of workers is only known.
public final class TestHosts implements ProgramHost.Listener, WorkerDoor.Opener {
    private final Programs programs;
    private final ProgramHost.Surface surface;

    public TestHosts(Programs programs, SocketTable sockets, Log log) {
        this.programs = programs;
        Loop loop = new Loop(log);
        WorkerCgroups cgroups = new WorkerCgroups(log);
        WorkerCredentials secrets = new WorkerCredentials();
        Outputs outputs = new Outputs(loop, -1, (level, program, message) -> {});
        var inherited = Environment.inherited(Map.of());
        surface =
                new ProgramHost.Surface(
                        loop,
                        new Births(inherited, sockets, cgroups, secrets, -1, outputs),
                        sockets,
                        new Prober(loop, ByteBuffer.allocateDirect(64)),
                        new Strays(programs, cgroups, secrets, log),
                        new ProcessGroups(loop),
                        this,
                        Path.of("/nonexistent"),
                        this);
    }

    /// Adds a program as it is.
    public ProgramHost add(Program program) throws IOException {
        var image = new ProgramImage(program, false, List.of(), List.of(), Map.of(), List.of());
        ProgramHost host = new ProgramHost(image, surface);
        programs.add(host);
        return host;
    }

    /// What a file says of the program `web`.
    public static ProgramSpec web(Path directory, String definition) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {web: {command: [./x], " + definition + "}}");
        Surroundings machine = new Surroundings(Map.of(), 1, name -> true, name -> true);
        Loaded.Valid valid = (Loaded.Valid) Loader.load(file, machine);
        return valid.services().programs().firstEntry().getValue();
    }

    public void close() throws IOException {
        surface.loop().close();
    }

    @Override
    public WorkerDoor open(ProgramSpec spec, WorkerDoor.Listener listener) throws IOException {
        throw new IOException("workers are not born here");
    }

    @Override
    public WorkerDoor resume(DoorImage image, WorkerDoor.Listener listener) throws IOException {
        throw new IOException("workers are not born here");
    }

    @Override
    public void progress(long ticket, String message) {}

    @Override
    public void answer(ProgramHost host, long ticket, boolean done, String message) {}

    @Override
    public void report(
            ProgramHost host, Effect.Severity severity, String subject, String message) {}

    @Override
    public void listen() {}

    @Override
    public void stepped(ProgramHost host) {}

    @Override
    public void unsettled() {}

    @Override
    public void births(ProgramHost host) {}

    @Override
    public void finished() {}

    @Override
    public void redefined(ProgramHost host) {}

    @Override
    public void bug(ProgramHost host, RuntimeException thrown) {
        throw thrown;
    }
}
