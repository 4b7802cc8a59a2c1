// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.einhyrningsins.manager.snapshot.ReexecSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotDecoder;
import org.einhyrningsins.manager.snapshot.SnapshotEncoder;
import org.einhyrningsins.manager.snapshot.SnapshotException;
import org.einhyrningsins.manager.spawn.WorkerEnvironment;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.MemoryFiles;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ExecutableSearch;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessImage;
import org.einhyrningsins.posix.spawn.ChildCommand;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.posix.spawn.SpawnRequest;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.posix.spawn.Spawner;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.CRC32;

/// Replaces the manager by the program it would be if it were started now: the same command line,
/// the newest launcher, library and JVM, in the same process.
///
/// First the new program is started as a child, with the present image and `--upgrade-check`, while
/// everything goes on: it has to start, to understand the command line, and to read the image, of
/// which it leaves a proof behind the image: an exit status of 0 alone would be believed of any
/// program. If it does not within its time, nothing has happened. Then the image is made once more,
/// and the process becomes the new program, which finds image and descriptors and goes on.
public final class Reexec {
    /// The first word of the command line of the child that only checks.
    public static final String CHECK = "--upgrade-check";

    private static final int MAX_BYTES = 64 * 1024 * 1024;
    private static final int MAX_SAID = 4 * 1024;
    private static final int CHILD_IMAGE = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final EventLoop eventLoop;
    private final Spawner spawner = new Spawner();
    private final List<String> launcher;
    private final List<String> words;
    private final Supplier<ReexecSnapshot> image;
    private @Nullable Trial trial;
    private AppendFiles.@Nullable Extent checked;
    private boolean proven;

    /// The new program, started to see whether it would do.
    ///
    /// @param image what it reads, and writes its proof to
    /// @param proof what it writes if it has read that
    /// @param file what was executed
    private record Trial(
            SpawnedChild child,
            int output,
            StringBuilder said,
            Moment deadline,
            int image,
            String proof,
            AppendFiles.@Nullable Extent file,
            FailureListener told) {}

    /// Receiver of the reason why a re-exec does not happen.
    interface FailureListener {
        void failed(String why);
    }

    /// @param launcher what starts a manager, with what stands before its options
    /// @param words the options of this one
    /// @param image makes the newest one
    Reexec(
            EventLoop eventLoop,
            List<String> launcher,
            List<String> words,
            Supplier<ReexecSnapshot> image) {
        this.eventLoop = eventLoop;
        this.launcher = List.copyOf(launcher);
        this.words = List.copyOf(words);
        this.image = image;
    }

    /// When it loses patience; null if it is not waiting.
    @Nullable Moment deadline() {
        return trial == null ? null : trial.deadline();
    }

    /// True if the new program has passed its check, so that [#proceed] is to be called.
    boolean proven() {
        return proven;
    }

    /// True if a re-exec is under way.
    boolean underWay() {
        return trial != null || proven;
    }

    /// Starts the new program, to see whether it would do.
    void begin(FailureListener listener) {
        List<Integer> over = new ArrayList<>();
        try {
            begin(over, listener);
        } catch (SpawnException e) {
            listener.failed("it cannot be started: " + e.getMessage());
        } catch (PosixException e) {
            Trial begun = trial;
            if (begun != null) {
                ProcessGroups.killGroup(begun.child().pid(), Signal.KILL); // reaped as an orphan
                close(begun);
            }
            listener.failed(String.valueOf(e.getMessage()));
        } finally {
            over.forEach(Descriptors::close);
        }
    }

    /// @param over takes what is to be closed in any case
    private void begin(List<Integer> over, FailureListener listener) throws SpawnException {
        int devNull = kept(Descriptors.openNull(), over);
        byte[] text = text();
        int file = kept(MemoryFiles.memory("einhyrningsins image", text), over);
        int[] pipe = Descriptors.pipe();
        int writeEnd = kept(pipe[1], over);
        int output = kept(Descriptors.raise(pipe[0]), over);
        Descriptors.setNonBlocking(output, true);
        StartDirectory.enter();
        String program = executable();
        AppendFiles.Extent its = AppendFiles.extent(Path.of(program));
        SpawnedChild child = spawner.spawn(order(program, devNull, writeEnd, file));
        over.removeAll(List.of(output, file)); // they are read from now on
        Moment deadline = Clock.now().plus(PATIENCE);
        StringBuilder words = new StringBuilder();
        trial = new Trial(child, output, words, deadline, file, proof(text), its, listener);
        eventLoop.watch(output, Poll.IN, events -> listen());
        eventLoop.watch(child.pidfd(), Poll.IN, events -> ended());
    }

    private static int kept(int fd, List<Integer> over) {
        over.add(fd);
        return fd;
    }

    private byte[] text() {
        return new SnapshotEncoder().write(image.get()).getBytes(StandardCharsets.UTF_8);
    }

    private SpawnRequest order(String program, int devNull, int output, int file) {
        List<String> argv = new ArrayList<>(launcher);
        argv.add(CHECK);
        argv.addAll(words);
        ChildCommand command =
                new ChildCommand(program, argv, environment(CHILD_IMAGE), List.of(), ".");
        return new SpawnRequest(command, List.of(devNull, output, output, file));
    }

    private String executable() {
        String path = System.getenv().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
        String here = StartDirectory.path().toString();
        return ExecutableSearch.find(launcher.getFirst(), here, path);
    }

    private static List<String> environment(int file) {
        List<String> environment = new ArrayList<>();
        WorkerEnvironment.original(System.getenv())
                .forEach((name, value) -> environment.add(name + "=" + value));
        environment.add(StartDirectory.IMAGE + "=" + file);
        environment.add(StartDirectory.VARIABLE + "=" + StartDirectory.path());
        return environment;
    }

    private void listen() {
        Trial now = trial;
        if (now == null) {
            return;
        }
        ByteBuffer chunk = ByteBuffer.allocate(MAX_SAID);
        int count = Descriptors.read(now.output(), chunk);
        if (count == 0) {
            eventLoop.forget(now.output());
        } else if (count > 0 && now.said().length() < MAX_SAID) {
            now.said().append(StandardCharsets.UTF_8.decode(chunk.flip()));
        }
    }

    private void ended() {
        Trial now = trial;
        ProcessExit processExit = now == null ? null : Children.reap(now.child().pidfd());
        if (now == null || processExit == null) {
            return;
        }
        listen();
        boolean read = hasProof(now);
        close(now);
        String output = now.said().toString().strip();
        String words = output.isEmpty() ? "" : ": " + output;
        if (processExit.code() != 0 || processExit.signal() != 0) {
            String how =
                    processExit.signal() == 0
                            ? "exit status " + processExit.code()
                            : "killed by signal " + processExit.signal();
            now.told().failed("its check failed, " + how + words);
        } else if (read) {
            proven = true;
            checked = now.file();
        } else {
            String what = launcher.getFirst() + " ended with exit status 0 and has not read the";
            String next = " state: it is no such program, or only a part of one; install it again";
            now.told().failed(what + next + words);
        }
    }

    private static boolean hasProof(Trial now) {
        byte[] all = Descriptors.readAll(now.image(), MAX_BYTES);
        int from = Math.max(0, all.length - now.proof().length());
        String end = new String(all, from, all.length - from, StandardCharsets.ISO_8859_1);
        return end.equals(now.proof());
    }

    /// Returns the checksum of an image: proof that a process has read it.
    private static String proof(byte[] image) {
        CRC32 sum = new CRC32();
        sum.update(image);
        return "\nread " + Long.toHexString(sum.getValue()) + "\n";
    }

    /// To be called when [#deadline] has come.
    void expire() {
        Trial now = trial;
        if (now != null) {
            ProcessGroups.killGroup(now.child().pid(), Signal.KILL);
            // it is reaped as an orphan
            close(now);
            now.told()
                    .failed(
                            "it was not ready within "
                                    + PATIENCE.toSeconds()
                                    + " s: "
                                    + now.said());
        }
    }

    private void close(Trial over) {
        trial = null;
        eventLoop.forget(over.output());
        eventLoop.forget(over.child().pidfd());
        Descriptors.close(over.output());
        Descriptors.close(over.image());
        Descriptors.close(over.child().pidfd());
    }

    /// True if a process is the new program that is being checked.
    boolean owns(int pid) {
        return trial != null && trial.child().pid() == pid;
    }

    /// Becomes the new program; returns only if that fails.
    ///
    /// @return why
    String proceed() {
        proven = false;
        int file = -1;
        try {
            ReexecSnapshot last = image.get();
            byte[] text = new SnapshotEncoder().write(last).getBytes(StandardCharsets.UTF_8);
            file = MemoryFiles.memory("einhyrningsins image", text);
            List<Integer> kept = new ArrayList<>(last.descriptors());
            kept.add(file);
            List<String> argv = new ArrayList<>(launcher);
            argv.addAll(words);
            String program = executable();
            if (checked != null && !checked.equals(AppendFiles.extent(Path.of(program)))) {
                return program + " is another file since it was checked; ask again";
            }
            StartDirectory.enter();
            return String.valueOf(
                    ProcessImage.exec(program, argv, environment(file), kept).getMessage());
        } catch (PosixException e) {
            return String.valueOf(e.getMessage());
        } finally {
            if (file >= 0) {
                Descriptors.close(file);
            }
        }
    }

    /// Reads what the manager has that asks whether this program would do, and proves it.
    ///
    /// @return whether there was anything to read
    public static boolean prove(Map<String, String> environment) throws SnapshotException {
        String number = environment.get(StartDirectory.IMAGE);
        if (number == null) {
            return false;
        }
        int file = Integer.parseInt(number);
        byte[] text = Descriptors.readAll(file, MAX_BYTES);
        SnapshotDecoder.read(new String(text, StandardCharsets.UTF_8), ReexecSnapshot.class);
        ByteBuffer proof = ByteBuffer.wrap(proof(text).getBytes(StandardCharsets.US_ASCII));
        while (proof.hasRemaining()) {
            Descriptors.write(file, proof);
        }
        return true;
    }

    /// Returns the snapshot that the manager before handed over; null if there was none.
    public static @Nullable ReexecSnapshot inherited(Map<String, String> environment)
            throws SnapshotException {
        String number = environment.get(StartDirectory.IMAGE);
        if (number == null) {
            return null;
        }
        int file = Integer.parseInt(number);
        try {
            String text = new String(Descriptors.readAll(file, MAX_BYTES), StandardCharsets.UTF_8);
            return SnapshotDecoder.read(text, ReexecSnapshot.class);
        } finally {
            Descriptors.close(file);
        }
    }
}
