// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Releases of workers whose manager noted none: an older one did not. What a worker runs is where
/// it is, by the kernel's word, so a reload rolls them only if the link points elsewhere by now.
public final class AdoptedReleases {
    private AdoptedReleases() {}

    /// Returns a program with the releases that its workers are found to run.
    ///
    /// @param renewed gives a definition the release that its links point at now
    public static Program of(ProgramSnapshot snapshot, UnaryOperator<ProgramSpec> renewed) {
        Program program = snapshot.program();
        Map<ProgramSpec, ProgramSpec> known = new HashMap<>();
        Map<Integer, Release> releases = new HashMap<>();
        Set<Integer> unknown = new HashSet<>();
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                ProgramSpec spec = worker.version().spec();
                if (spec.release() != null || spec.command().isEmpty()) {
                    continue;
                }
                Release now = known.computeIfAbsent(spec, renewed).release();
                Release its = now == null ? null : release(snapshot, worker.id(), spec, now);
                Release other = its == null ? null : releases.put(generation(worker), its);
                if (its == null || (other != null && !other.equals(its))) {
                    unknown.add(generation(worker));
                }
            }
        }
        releases.keySet().removeAll(unknown);
        return releases.isEmpty() ? program : Recovery.running(program, releases);
    }

    private static int generation(Worker worker) {
        return worker.version().generation();
    }

    private static @Nullable Release release(
            ProgramSnapshot snapshot, WorkerId id, ProgramSpec spec, Release now) {
        for (WorkerSnapshot worker : snapshot.workers()) {
            if (worker.id().equals(id) && ProcReader.isWorker(worker.pid(), worker.bornTicks())) {
                Path directory = target(worker.pid(), "cwd");
                return directory == null
                        ? null
                        : of(spec.directory(), now, directory, target(worker.pid(), "exe"));
            }
        }
        return null;
    }

    /// What a link of a process points at; null if that is gone, or not for us to see.
    private static @Nullable Path target(int pid, String link) {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/" + pid + "/" + link));
            return target.toString().endsWith(" (deleted)") ? null : target;
        } catch (IOException e) {
            return null;
        }
    }

    /// Works out the release of a process.
    ///
    /// @param written the working directory as the configuration has it
    /// @param now the release that its links point at now
    /// @param directory the process's
    /// @param file the executable of the process; null if it is not known
    /// @return null if it says nothing: the process went elsewhere
    static @Nullable Release of(Path written, Release now, Path directory, @Nullable Path file) {
        if (!written.startsWith(now.link()) || !now.directory().startsWith(now.path())) {
            // the program's file is behind the link, or is the link
            Path program = now.program() == null ? now.path() : now.program();
            return directory.equals(now.directory()) && program.equals(file) ? now : null;
        }
        if (directory.equals(now.directory())) {
            return now;
        }
        Path below = now.path().relativize(now.directory());
        Path path = directory;
        for (int i = below.toString().isEmpty() ? 0 : below.getNameCount(); i > 0; i--) {
            path = path == null ? null : path.getParent();
        }
        if (path == null
                || !path.resolve(below).normalize().equals(directory)
                || !Objects.equals(path.getParent(), now.path().getParent())) {
            return null;
        }
        Path program = now.program();
        Path its =
                program != null && program.startsWith(now.path())
                        ? path.resolve(now.path().relativize(program))
                        : program;
        return new Release(now.link(), path, directory, its);
    }
}
