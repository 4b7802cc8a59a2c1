// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.Loaded;
import org.einhyrningsins.config.Loader;
import org.einhyrningsins.config.Surroundings;
import org.einhyrningsins.core.Effect;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.manager.image.DoorImage;
import org.einhyrningsins.manager.image.ProgramImage;
import org.einhyrningsins.spec.ProgramSpec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Programs of a manager that has no processes: what there is of workers is only known.
final class TestHosts implements ProgramHost.Listener, WorkerDoor.Opener {
    private final Programs programs;
    private final ProgramHost.Surface surface;

    TestHosts(Programs programs, SocketTable sockets, Log log) {
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
    ProgramHost add(Program program) throws IOException {
        var image = new ProgramImage(program, false, List.of(), List.of(), Map.of(), List.of());
        ProgramHost host = new ProgramHost(image, surface);
        programs.add(host);
        return host;
    }

    /// What a file says of the program `web`.
    static ProgramSpec web(Path directory, String definition) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {web: {command: [./x], " + definition + "}}");
        Surroundings machine = new Surroundings(Map.of(), 1, name -> true, name -> true);
        Loaded.Valid valid = (Loaded.Valid) Loader.load(file, machine);
        return valid.services().programs().firstEntry().getValue();
    }

    void close() throws IOException {
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
