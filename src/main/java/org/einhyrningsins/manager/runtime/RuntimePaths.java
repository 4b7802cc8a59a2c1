// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.control.wire.ControlPath;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;

/// Paths of the manager: the directory of its control socket, that of its worker sockets, its state
/// directory, its pid file and its lock file.
public final class RuntimePaths {
    /// Directory above the worker sockets of all managers of root.
    private static final Path SHARED = Path.of("/run/einhyrningsins-workers");

    private final LaunchOptions options;
    private final Path control;
    private final StateDirectory state;
    private @Nullable Path madeForControl;
    private @Nullable Path workers;
    private boolean pidFileWritten;
    private int lock = -1;

    /// Works out the paths; makes nothing.
    ///
    /// @param services with what the command line says instead
    public RuntimePaths(LaunchOptions options, ServicesSpec services) {
        this.options = options;
        this.control = controlPath(services.control());
        Path named = services.stateDirectory();
        this.state = named == null ? stateBeside(control) : new StateDirectory(named);
    }

    private static StateDirectory stateBeside(Path control) {
        return new StateDirectory(Path.of(control + ".state"));
    }

    /// Returns the state directory of a manager of whose configuration only this much can be read.
    public static StateDirectory state(LaunchOptions options, LoadResult.Whereabouts known) {
        Path named = known.stateDirectory();
        return named == null
                ? stateBeside(controlPath(options.over(known.control())))
                : new StateDirectory(named);
    }

    private static Path controlPath(ControlSpec spec) {
        Path named = spec.socket();
        return named == null
                ? ControlPath.standard(System.getenv(), Processes.user())
                : named.toAbsolutePath().normalize();
    }

    /// The control socket.
    public Path control() {
        return control;
    }

    /// Returns the state directory, which survives the manager.
    public StateDirectory state() {
        return state;
    }

    /// Returns the directory of the worker sockets. Exists once [#openWorkers()] has been called.
    public Path workers() {
        if (workers == null) {
            throw new IllegalStateException("programs are hosted after the manager is open");
        }
        return workers;
    }

    /// Returns the directory of workers' credentials, which need not exist.
    public Path credentials() {
        Path directory = workerDirectory(control, Processes.user());
        return directory.resolveSibling(directory.getFileName() + ".credentials");
    }

    /// Keeps a second manager with the same lock file from starting.
    public void takeLock() throws StartException {
        Path file = options.lockFile();
        try {
            lock = file == null ? -1 : Descriptors.lock(file);
            if (file != null && lock < 0) {
                throw new StartException(
                        ExitStatus.FAILED,
                        "cannot start: another process has locked "
                                + file
                                + "; stop that manager, or use another lock file (-f)");
            }
        } catch (PosixException e) {
            throw new StartException(
                    ExitStatus.FAILED, "cannot start: lock file: " + e.getMessage());
        }
    }

    /// Goes on where another manager stopped: everything is there.
    public void resume(boolean made, int lock) {
        madeForControl = made ? control.getParent() : null;
        workers = workerDirectory(control, Processes.user());
        pidFileWritten = options.pidFile() != null;
        this.lock = lock;
    }

    /// True if the manager made the control socket's directory and removes it.
    public boolean madeForControl() {
        return madeForControl != null;
    }

    /// The descriptor of the lock file; -1 if there is none.
    public int lock() {
        return lock;
    }

    /// Makes the directory of the control socket, if there is none.
    public void openControl(boolean others) throws StartException {
        Path directory = control.getParent();
        if (directory == null) {
            return;
        }
        try {
            boolean made = RuntimeFiles.directory(directory, RuntimeFiles.permissions(others));
            madeForControl = made ? directory : null;
        } catch (IOException e) {
            throw new StartException(
                    ExitStatus.FAILED,
                    "cannot make directory "
                            + directory
                            + " of the control socket: "
                            + RuntimeFiles.why(e)
                            + (isDefault() ? "; or name another socket (-d)" : ""));
        }
        requireOurs(directory);
    }

    /// Lets others through to the control socket, or no longer. A directory that somebody else made
    /// stays as it is.
    ///
    /// @return the obstacle, in words; null for none
    public @Nullable String permitOthers(boolean others) {
        Path directory = control.getParent();
        if (directory != null && (directory.equals(madeForControl) || (others && isDefault()))) {
            RuntimeFiles.permit(directory, RuntimeFiles.permissions(others));
        }
        Path barred = others ? RuntimeFiles.closedDirectory(control) : null;
        return barred == null
                ? null
                : "others may use the control socket "
                        + control
                        + ", but do not get there: "
                        + barred
                        + " lets nobody else through; 'chmod a+x' it, or put the socket elsewhere";
    }

    private boolean isDefault() {
        return control.equals(ControlPath.standard(System.getenv(), Processes.user()));
    }

    /// Requires that the directory belongs to the manager's user: in /tmp anybody could have made
    /// the default directory before, and would own the socket.
    private void requireOurs(Path directory) throws StartException {
        if (isDefault() && RuntimeFiles.owner(directory) != Processes.user()) {
            throw new StartException(
                    ExitStatus.FAILED,
                    "cannot start: "
                            + directory
                            + ", where the control socket goes by default, belongs to somebody"
                            + " else; remove it, or name another socket (-d)");
        }
    }

    /// Makes the directory of the worker sockets: where workers of other users can reach it, and
    /// short, since a socket's path has 107 bytes. What is in it was left by a manager that was
    /// killed: whoever has the control socket has the directory.
    public Path openWorkers() throws IOException {
        Path directory = makeWorkers();
        workers = directory;
        return directory;
    }

    /// Makes the directory of the worker sockets, if there is none.
    public Path makeWorkers() throws IOException {
        Path directory = workerDirectory(control, Processes.user());
        if (Processes.user() == 0) {
            RuntimeFiles.directory(SHARED, "rwx--x--x");
            RuntimeFiles.directory(directory, "rwx--x--x");
        } else {
            RuntimeFiles.directory(directory, "rwx------");
            if (RuntimeFiles.owner(directory) != Processes.user()) {
                // beside a control socket in /tmp anybody could have made it
                throw new IOException(directory + " belongs to somebody else; remove it");
            }
        }
        return directory;
    }

    /// Names what this manager has in places it shares with others: whoever has the control socket
    /// has that too.
    public String managerTag() {
        return Long.toHexString(fingerprint(control.toString()));
    }

    public static Path workerDirectory(Path socket, int user) {
        return user == 0
                ? SHARED.resolve(Long.toHexString(fingerprint(socket.toString())))
                : Path.of(socket + ".workers");
    }

    /// FNV-1a of 64 bits: of String's 32, `Aa` and `BB` have the same.
    private static long fingerprint(String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    public void writePidFile(ManagerLog managerLog) throws IOException {
        if (options.pidFile() != null) {
            PidFile.write(options.pidFile(), Processes.self());
            pidFileWritten = true;
            Path place = options.pidFile().toAbsolutePath().getParent();
            var stranger = place == null ? null : new PathTrust().on(place, null, false);
            if (stranger != null) {
                managerLog.warn("", stranger.could("put another number into the pid file"));
            }
        }
    }

    /// Removes what was made, but for the directory of the control socket, which is still in use.
    public void close() {
        if (workers != null) {
            RuntimeFiles.delete(workers);
            if (Processes.user() == 0) {
                RuntimeFiles.delete(SHARED);
            }
        }
        if (pidFileWritten && options.pidFile() != null) {
            RuntimeFiles.delete(options.pidFile());
        }
        state.close();
    }

    /// The last of all: the control socket is gone.
    public void closeControl() {
        if (madeForControl != null) {
            RuntimeFiles.delete(madeForControl);
        }
    }
}
