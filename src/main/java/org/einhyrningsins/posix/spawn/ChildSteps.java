// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Steps of a child before its program, written as system calls into a [ChildProgram].
///
/// In this order: all signals to their defaults, a session of its own, the note, the descriptors,
/// none but these, the directory, umask, limits, niceness, groups and user with what confines it
/// ([ConfinementSteps]), the signal for orphans, the pid written into the environment, the signals
/// unblocked, execve.
final class ChildSteps {
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_PTRACER = 0x59616d61; // "Yama"
    private static final long PR_SET_PTRACER_ANY = -1;
    private static final int PR_SET_NAME = 15;
    private static final int F_SETFD = 2;
    private static final int SIG_SETMASK = 2;
    private static final long SIG_IGN = 1;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int LAST_SIGNAL = 64;
    private static final int MASK_BYTES = 8;
    private static final int PRIO_PROCESS = 0;
    private static final long LAST_DESCRIPTOR = 0xffff_ffffL;
    private static final Resource[] RESOURCES = Resource.values();

    private int lifeline = -1;
    private int notes = -1;
    private boolean open;

    /// Sets the descriptor of the file that notes are appended to.
    void journalTo(int fd) {
        notes = fd;
    }

    /// Lets anybody trace the children, as far as only Yama forbids it.
    void openToAll() {
        open = true;
    }

    /// Writes the steps of a child.
    ///
    /// @param note its words, which its pid follows; empty for none
    /// @param copies receives descriptors to be closed once the child is made
    void write(ChildProgram list, SpawnRequest order, String note, List<Integer> copies)
            throws SpawnException {
        list.begin(order);
        if (list.isNew()) {
            signals(list);
            list.add("setsid", "", Syscall.SETSID, 0);
            list.add("prctl", "PR_SET_NAME", Syscall.PRCTL, PR_SET_NAME, list.name());
            list.keepSteps();
        }
        if (notes >= 0 && !note.isEmpty()) {
            list.note(notes, note);
        }
        if (order.monitored()) {
            int monitor = monitor(list, order);
            copies.add(monitor);
            int free = descriptors(list, order, copies, monitor);
            if (order.orphaned() != null) {
                dieWithUs(list, Signal.KILL);
            }
            monitor(list, order, free);
            return;
        }
        descriptors(list, order, copies, -1);
        program(list, order);
        if (order.orphaned() != null) {
            dieWithUs(list, order.orphaned());
        }
        image(list, order.command());
    }

    /// Makes the program of a monitor, whose child goes on with what a worker does that has none:
    /// from the directory to the execve. Names of the steps go into the record.
    private int monitor(ChildProgram parent, SpawnRequest order) throws SpawnException {
        int record = recordNumber(order);
        ChildProgram list = parent.another(MonitorImage.LIST);
        list.begin(order);
        list.add("prctl", "PR_SET_NAME", Syscall.PRCTL, PR_SET_NAME, list.name());
        list.add("close", "", Syscall.CLOSE, record);
        int free = order.descriptors().indexOf(-1);
        SchedulingSteps.placeInMemory(
                list, order.confinement().scheduling(), free < 0 ? record : free);
        program(list, order);
        if (order.confinement().ruleset() >= 0) {
            list.add("close", "", Syscall.CLOSE, order.descriptors().size());
        }
        Signal end = order.orphaned() == null ? Signal.KILL : order.orphaned();
        list.add("prctl", "PR_SET_PDEATHSIG", Syscall.PRCTL, PR_SET_PDEATHSIG, end.number());
        image(list, order.command());
        MonitorRecord.writeSteps(order.record(), list.steps());
        return MonitorImage.make(list, record);
    }

    /// Returns the number under which a monitor has its record: behind what its child has, and the
    /// ruleset.
    private static int recordNumber(SpawnRequest order) {
        return order.descriptors().size() + (order.confinement().ruleset() >= 0 ? 1 : 0);
    }

    /// Goes on to the monitor's program, with every signal blocked.
    private static void monitor(ChildProgram list, SpawnRequest order, int program) {
        List<String> argv = new ArrayList<>(List.of(MonitorImage.NAME));
        argv.addAll(order.command().argv());
        list.add(
                "execveat",
                MonitorImage.NAME,
                Syscall.EXECVEAT,
                program,
                list.text(""),
                list.texts(argv),
                list.texts(List.of()),
                AT_EMPTY_PATH);
    }

    private void program(ChildProgram list, SpawnRequest order) {
        String directory = order.command().directory();
        ChildIdentity identity = order.identity();
        list.add("chdir", directory, Syscall.CHDIR, list.text(directory));
        if (identity.umask() != null) {
            list.add("umask", identity.umask(), Syscall.UMASK, identity.umask());
        }
        limits(list, identity.limits());
        if (identity.nice() != null) {
            list.add(
                    "setpriority",
                    identity.nice(),
                    Syscall.SETPRIORITY,
                    PRIO_PROCESS,
                    0,
                    identity.nice());
        }
        ConfinementSteps.beforeUser(list, order);
        if (identity.credentials() != null) {
            become(list, identity.credentials());
        }
        ConfinementSteps.afterUser(list, order);
        if (open) {
            list.tolerate(Errno.EINVAL, Syscall.PRCTL, PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0);
        }
    }

    /// Adds steps that reset signals: clone3 resets those that are caught, never those that are
    /// ignored. The manager itself ignores none, so it was started with those that are ignored.
    private static void signals(ChildProgram list) {
        for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
            boolean fixed = signal == SIGKILL || signal == SIGSTOP;
            if (!fixed && (!list.clearsHandlers() || isIgnored(signal))) {
                list.add(
                        "sigaction",
                        signal,
                        Syscall.RT_SIGACTION,
                        signal,
                        list.zeros(),
                        0,
                        MASK_BYTES);
            }
        }
    }

    private static boolean isIgnored(int signal) {
        NativeScratch nativeScratch = NativeScratch.here();
        long old = nativeScratch.structures;
        SystemCalls.check(
                "sigaction", SystemCalls.call(Syscall.RT_SIGACTION, signal, 0, old, MASK_BYTES));
        return nativeScratch.bytes.getLong(0) == SIG_IGN;
    }

    /// Writes the steps that give the child its descriptors.
    ///
    /// @param monitor descriptor of the monitor's program; -1 for none
    /// @return the number of the copy of that
    private int descriptors(
            ChildProgram list, SpawnRequest order, List<Integer> copies, int monitor)
            throws SpawnException {
        List<Integer> sources = order.descriptors();
        for (int target = 0; target < sources.size(); target++) {
            int source = sources.get(target);
            if (source < 0) {
                closeFrom(list, target, target);
            } else if (source == target) {
                list.add("descriptor", source, Syscall.FCNTL, source, F_SETFD, 0);
            } else {
                int free = source > target ? source : copy(source, copies);
                list.add("descriptor", source, Syscall.DUP3, free, target, 0);
            }
        }
        int first = sources.size();
        int ruleset = order.confinement().ruleset();
        if (ruleset >= 0) { // until execve
            int free = ruleset > first ? ruleset : copy(ruleset, copies);
            int flags = order.monitored() ? 0 : Descriptors.O_CLOEXEC;
            list.add("descriptor", ruleset, Syscall.DUP3, free, first, flags);
            first++;
        }
        if (order.monitored()) {
            int record = order.record();
            int free = record > first ? record : copy(record, copies);
            list.add("descriptor", record, Syscall.DUP3, free, first, 0);
            first++;
        }
        ChildGate childGate = order.confinement().gate();
        int waits = first;
        if (childGate != null) {
            int free =
                    childGate.child() > first ? childGate.child() : copy(childGate.child(), copies);
            list.add("descriptor", free, Syscall.DUP3, free, first, Descriptors.O_CLOEXEC);
            first++;
        }
        int program = first;
        if (monitor >= 0) {
            int free = monitor > first ? monitor : copy(monitor, copies);
            list.add("descriptor", monitor, Syscall.DUP3, free, first, Descriptors.O_CLOEXEC);
            first++;
        }
        if (order.orphaned() == null) {
            closeFrom(list, first, LAST_DESCRIPTOR);
        } else {
            int kept = lifeline();
            closeFrom(list, first, kept - 1);
            closeFrom(list, kept + 1, LAST_DESCRIPTOR);
        }
        if (childGate != null) { // nobody's end is open in it but its own
            long room = list.longs(0, 0);
            list.add(ChildGate.STEP, "", Syscall.READ, waits, room, 1);
            list.add(ChildGate.STEP, "", Syscall.WRITE, waits, room, 1);
        }
        return program;
    }

    /// Closes all others; nothing leaks without it either, as all are close-on-exec.
    private static void closeFrom(ChildProgram list, int first, long last) {
        if (first <= last) {
            list.tolerate(Errno.ENOSYS, Syscall.CLOSE_RANGE, first, last, 0);
        }
    }

    /// Asks for the signal, and then makes sure that there was time to: who dies before it is asked
    /// sends none. Only we hold the reading end of the lifeline, so writing to it fails with EPIPE
    /// if we are gone, and the child goes too. Nobody reads; full is as good. A change of user
    /// would undo what was asked, so this comes after it.
    private void dieWithUs(ChildProgram list, Signal signal) {
        list.add("prctl", "PR_SET_PDEATHSIG", Syscall.PRCTL, PR_SET_PDEATHSIG, signal.number());
        list.tolerate(Errno.EAGAIN, Syscall.WRITE, lifeline(), list.zeros(), 1);
    }

    /// Returns the write end of a pipe; a write to it fails once the manager is dead.
    private int lifeline() {
        if (lifeline < 0) {
            int[] pipe = Descriptors.pipe();
            Descriptors.raise(pipe[0]);
            lifeline = Descriptors.raise(pipe[1]);
            Descriptors.setNonBlocking(lifeline, true);
        }
        return lifeline;
    }

    /// A number below its target would be overwritten before it is needed.
    private static int copy(int source, List<Integer> copies) throws SpawnException {
        int copy = Descriptors.raisedCopy(source);
        if (copy < 0) {
            throw new SpawnException("descriptor " + source, -copy, "");
        }
        copies.add(copy);
        return copy;
    }

    private static void limits(ChildProgram list, Map<Resource, Limit> limits) {
        if (!limits.containsKey(Resource.NOFILE)) {
            limit(list, Resource.NOFILE, OpenFileLimits.inheritedOpenFiles());
        }
        for (Resource resource : RESOURCES) {
            Limit limit = limits.get(resource);
            if (limit != null) {
                limit(list, resource, limit);
            }
        }
    }

    private static void limit(ChildProgram list, Resource resource, Limit limit) {
        long wanted = list.longs(limit.soft(), limit.hard());
        list.add("prlimit", resource, Syscall.PRLIMIT64, 0, resource.number(), wanted, 0);
    }

    private static void become(ChildProgram list, Credentials as) {
        long groups = list.ints(as.groups());
        list.add("setgroups", as.groups(), Syscall.SETGROUPS, as.groups().size(), groups);
        list.add("setresgid", as.gid(), Syscall.SETRESGID, as.gid(), as.gid(), as.gid());
        list.add("setresuid", as.uid(), Syscall.SETRESUID, as.uid(), as.uid(), as.uid());
    }

    private static void image(ChildProgram list, ChildCommand command) throws SpawnException {
        long path = list.text(command.executable());
        long argv = list.texts(command.argv());
        long envp = list.environment(command.environment(), command.ownPidVariables());
        list.add(
                "sigprocmask",
                "",
                Syscall.RT_SIGPROCMASK,
                SIG_SETMASK,
                list.zeros(),
                0,
                MASK_BYTES);
        list.add("execve", command.executable(), Syscall.EXECVE, path, argv, envp);
    }
}
