// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ExecutableSearch;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.spawn.ChildCommand;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnRequest;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.posix.spawn.Spawner;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A small process that has duplicates of all sockets, for a manager that may not take them out of
/// its workers (`control.keeper`). It is the manager's user's, so the next manager may take them
/// out of it, also under Yama (see [Spawner#openToAll]). All it does is to have them: it is cat(1),
/// reading from a pipe whose other end only it has. When the set of sockets changes a new one is
/// started, and then the old one is ended.
public final class SocketHolder {
    /// File in the state directory: its pid and start time.
    static final String FILE = "keeper";

    /// Says whose it is: the state directory.
    private static final String VARIABLE = "EINHYRNINGSINS_KEEPER";

    private static final int MAX_BYTES = 100;
    private static final String PATH = "/usr/local/bin:/usr/bin:/bin";

    /// Minimum life of a holder: one that lives for less is not started again until the sockets
    /// change.
    private static final Duration SHORT_LIFE = Duration.ofSeconds(1);

    private final StateDirectory state;
    private final EventLoop eventLoop;
    private final ManagerLog managerLog;
    private final Spawner spawner = new Spawner();
    private @Nullable Child life;
    private Set<Long> kept = Set.of();
    private int find = -1;

    private record Child(int pid, int pidfd, Moment startedAt) {}

    /// Holder left by an earlier manager.
    ///
    /// @param pidfd the caller closes it
    public record HolderProcess(int pid, int pidfd) {}

    public SocketHolder(StateDirectory state, EventLoop eventLoop, ManagerLog managerLog) {
        this.state = state;
        this.eventLoop = eventLoop;
        this.managerLog = managerLog;
        spawner.openToAll();
        HolderProcess left = find(state);
        find = left == null ? -1 : left.pidfd();
    }

    /// The one that is there; null if there is none.
    public static @Nullable HolderProcess find(StateDirectory state) {
        HolderProcess noted = readFile(state);
        return noted == null && !Files.exists(state.path().resolve(FILE)) ? search(state) : noted;
    }

    /// Searches for a holder whose note was removed; null if there is none.
    private static @Nullable HolderProcess search(StateDirectory state) {
        try {
            for (int pid : Processes.all()) {
                String whose = ProcReader.variables(pid, VARIABLE).get(VARIABLE);
                if (state.path().toString().equals(whose)
                        && ProcessStatus.realUser(pid) == Processes.user()) {
                    return ifAlive(pid, ProcReader.startTime(pid));
                }
            }
        } catch (PosixException unseen) {
            // then there are the workers
        }
        return null;
    }

    private static @Nullable HolderProcess readFile(StateDirectory state) {
        try {
            byte[] bytes = state.read(FILE, MAX_BYTES);
            String text = bytes == null ? "" : new String(bytes, StandardCharsets.US_ASCII);
            String[] words = text.strip().split(" ", -1);
            return words.length == 2
                    ? ifAlive(Integer.parseInt(words[0]), Long.parseLong(words[1]))
                    : null;
        } catch (IOException | NumberFormatException | PosixException e) {
            return null; // then there are the workers
        }
    }

    private static @Nullable HolderProcess ifAlive(int pid, long started) {
        int pidfd = pid > 1 ? Processes.open(pid) : -1;
        if (pidfd < 0 || ProcReader.startTimeIfAlive(pid) == started) {
            return pidfd < 0 ? null : new HolderProcess(pid, pidfd);
        }
        Descriptors.close(pidfd);
        return null;
    }

    /// Keeps these sockets from now on, and no others. When it returns, a process has them, and can
    /// be found.
    ///
    /// @return false if none has, though one had until now
    public boolean hold(List<SocketSnapshot> sockets) {
        Set<Long> wanted = new HashSet<>();
        sockets.forEach(socket -> wanted.add(socket.inode()));
        if (wanted.equals(kept)) {
            return true;
        }
        Set<Long> before = kept;
        boolean had = life != null;
        kept = wanted;
        boolean started = start(sockets);
        if (!started && had) {
            kept = before; // the one before is still there
        }
        return started || !had;
    }

    /// Writes the note of the holder's pid again after its removal.
    public void noteAgain() throws IOException {
        Child now = life;
        if (now != null) {
            note(now.pid());
        }
    }

    private void note(int pid) throws IOException {
        String note = pid + " " + ProcReader.startTime(pid) + "\n";
        state.write(FILE, note.getBytes(StandardCharsets.US_ASCII), false);
    }

    /// The one before lives until the next manager would find the one after it.
    private boolean start(List<SocketSnapshot> sockets) {
        try {
            SpawnedChild next = sockets.isEmpty() ? null : spawn(sockets);
            if (next == null) {
                endAll();
                state.delete(FILE);
                return true;
            }
            tryToNote(next.pid());
            endAll();
            life = new Child(next.pid(), next.pidfd(), Clock.now());
            eventLoop.watch(next.pidfd(), Poll.IN, events -> died(sockets));
            managerLog.debug("", "pid " + next.pid() + " keeps copies of the sockets");
            return true;
        } catch (SpawnException | PosixException e) {
            managerLog.error("", "cannot start a keeper of the sockets: " + e.getMessage());
            return false;
        }
    }

    /// Records the holder's pid. If that fails, a later manager can still find the holder by its
    /// descriptors.
    private void tryToNote(int pid) {
        try {
            note(pid);
        } catch (IOException e) {
            managerLog.error("", "cannot note the keeper of the sockets: " + RuntimeFiles.why(e));
        }
    }

    private SpawnedChild spawn(List<SocketSnapshot> sockets) throws SpawnException {
        int[] pipe = Descriptors.pipe();
        int in = Descriptors.raise(pipe[0]);
        int out = Descriptors.raise(pipe[1]);
        int nothing = Descriptors.openNull();
        List<Integer> descriptors = new ArrayList<>(List.of(in, nothing, nothing, out));
        sockets.forEach(socket -> descriptors.add(socket.fd()));
        try {
            ChildCommand cat =
                    new ChildCommand(
                            ExecutableSearch.find("cat", "/", PATH),
                            List.of("cat"),
                            List.of(VARIABLE + "=" + state.path()),
                            List.of(),
                            "/");
            return spawner.spawn(new SpawnRequest(cat, descriptors));
        } finally {
            List.of(in, out, nothing).forEach(Descriptors::close);
        }
    }

    /// Handles the end of the holder. It is reaped as an orphan: it is no worker.
    private void died(List<SocketSnapshot> sockets) {
        Child before = life;
        if (before == null) {
            return;
        }
        life = null;
        forget(before);
        if (before.startedAt().plus(SHORT_LIFE).reached(Clock.now())) {
            managerLog.warn(
                    "", "the keeper of the sockets (pid " + before.pid() + ") died; replaced");
            start(sockets);
        } else {
            managerLog.error(
                    "", "the keeper of the sockets (pid " + before.pid() + ") died at once");
        }
    }

    private void forget(Child before) {
        eventLoop.forget(before.pidfd());
        Descriptors.close(before.pidfd());
    }

    private void endAll() {
        if (find >= 0) {
            Processes.kill(find, Signal.KILL);
            Descriptors.close(find);
            find = -1;
        }
        Child before = life;
        if (before != null) {
            life = null;
            Processes.kill(before.pidfd(), Signal.KILL);
            forget(before);
        }
    }

    /// The manager ends, and its sockets with it.
    public void end() {
        endAll();
        state.delete(FILE);
    }
}
