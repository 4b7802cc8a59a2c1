// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.ProcessIdentitySpec.Resource;
import org.einhyrningsins.spec.Signal;

import java.nio.BufferOverflowException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/// Brings children into the world, by lists of system calls (see the package).
///
/// In this order, each step with the errno of its own: all signals to their defaults, a process
/// group of its own, the descriptors, none but these, the directory, umask, limits, niceness,
/// groups and user with what confines it ([ConfinementSteps]), the signal for orphans, the pid
/// written into the environment, the signals unblocked, execve.
///
/// A child is on its way to its program for some hundred microseconds, or for as long as whoever
/// owns its files likes. Who begins a birth says how long to wait for it, and may go on meanwhile:
/// the list and its memory are the child's until it is there, and the next child has another.
///
/// A child that takes another user leaves its trace on the memory it shares with us until execve:
/// the kernel marks it "not dumpable", which closes our /proc/self to ourselves, unless we are
/// root. That is undone when no such child is on its way any more, and not before: until then the
/// mark is what keeps that user from attaching to the child, and so from our memory.
public final class Spawner {
    /// The manager's own control group.
    public static final int OWN_CGROUP = -1;

    private static final long FOR_EVER = -1;

    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_GET_DUMPABLE = 3;
    private static final int PR_SET_PTRACER = 0x59616d61; // "Yama"
    private static final long PR_SET_PTRACER_ANY = -1;
    private static final int PR_SET_DUMPABLE = 4;
    private static final int PR_SET_NAME = 15;
    private static final int F_SETFD = 2;
    private static final String ABOVE_THE_MANAGERS =
            "; a hard limit above the manager's own takes CAP_SYS_RESOURCE: lower it under limits,"
                    + " or raise the manager's (ulimit -H, LimitNOFILE= and so on)";
    private static final int SIG_SETMASK = 2;
    private static final long SIG_IGN = 1;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int LAST_SIGNAL = 64;
    private static final int MASK_BYTES = 8;
    private static final int PRIO_PROCESS = 0;
    private static final long LAST_DESCRIPTOR = 0xffff_ffffL;
    private static final Resource[] RESOURCES = Resource.values();

    /// Maximum number of spare lists, kept for when so many are on their way again.
    private static final int MAX_SPARE = 8;

    /// Number of children on their way at which the eldest is waited for.
    private static final int CROWD = 64;

    private static final long CROWD_PATIENCE = 20_000_000;
    private static final int MAX_UNDER_WAY = 256;

    private ChildProgram list = new ChildProgram();
    private final Deque<ChildProgram> spare = new ArrayDeque<>(0);
    private final List<PendingChild> underWay = new ArrayList<>(0);
    private boolean dumpable;
    private int lifeline = -1;
    private int notes = -1;
    private boolean open;

    /// Does what is done where a seccomp filter refuses clone3.
    public void doWithoutClone3() {
        list.doWithoutClone3();
    }

    /// Children leave their notes there.
    ///
    /// @param fd of a file to append to
    public void noteIn(int fd) {
        notes = fd;
    }

    /// Lets whoever may trace the children but for Yama (kernel.yama.ptrace_scope: 1) trace them,
    /// and so take descriptors out of them. The kernel notes it of the process and forgets it when
    /// that is gone (security/yama/yama_lsm.c); execve does not change it. Without Yama, nothing.
    public void openToAll() {
        open = true;
    }

    /// Brings one into the world, in our own control group.
    ///
    /// @throws SpawnException if a step failed; then there is no child, dead or alive
    public SpawnedChild spawn(SpawnRequest order) throws SpawnException {
        return spawn(order, "", OWN_CGROUP);
    }

    /// Brings one into the world that leaves a note of itself, as [#begin] does, and waits until it
    /// executes its program.
    ///
    /// @throws SpawnException if a step failed; then there is no child, dead or alive
    public SpawnedChild spawn(SpawnRequest order, String note, int cgroup) throws SpawnException {
        return begin(order, note, cgroup, FOR_EVER).child();
    }

    /// Begins to bring one into the world that leaves a note of itself before anything else: so
    /// that there is no moment at which it is there and nobody could know.
    ///
    /// @param note its words, which its pid follows; empty for none
    /// @param cgroup descriptor of the directory of the control group it is born into;
    ///   [#OWN_CGROUP] for ours
    /// @param patience maximum wait until it executes its program, in nanoseconds; below 0 for as
    ///   long as it takes
    /// @return it may still be on its way
    /// @throws SpawnException if a step failed meanwhile; then there is no child, dead or alive, or
    ///   it is about to end. If that is [SpawnException#refusesCgroup], there may be one without a
    ///   group of its own
    public synchronized PendingChild begin(
            SpawnRequest order, String note, int cgroup, long patience) throws SpawnException {
        makeRoom();
        try {
            return bear(order, note, cgroup, patience);
        } catch (SpawnException e) {
            if (!e.step().startsWith(ChildProgram.NOTE)) {
                throw e;
            }
            return bear(order, "", cgroup, patience); // who lives is more than who is noted
        }
    }

    /// Waits for the eldest child if many are on their way: each holds memory.
    private void makeRoom() throws SpawnException {
        if (underWay.size() >= CROWD && attend()) {
            underWay.iterator().next().await(CROWD_PATIENCE);
        }
        if (underWay.size() >= MAX_UNDER_WAY) {
            String why = "; " + MAX_UNDER_WAY + " children are on their way to their programs";
            throw new SpawnException("clone", Errno.EAGAIN.number(), why);
        }
    }

    /// True if any child is on its way that was not waited for to its end. Gives back the resources
    /// of those that are not any more.
    public synchronized boolean attend() {
        List.copyOf(underWay).forEach(PendingChild::underWay);
        return !underWay.isEmpty();
    }

    private PendingChild bear(SpawnRequest order, String note, int cgroup, long patience)
            throws SpawnException {
        List<Integer> copies = new ArrayList<>(0);
        try {
            write(order, note, copies);
            long pid = cgroup < 0 ? born(order) : bornInto(cgroup, order);
            if (SystemCalls.is(pid, Errno.ENOSYS) && list.clearsHandlers()) {
                list.doWithoutClone3();
                write(order, note, copies);
                pid = born(order);
            }
            return begun(order, pid, patience);
        } catch (BufferOverflowException e) {
            throw new SpawnException("execve " + order.executable(), Errno.E2BIG.number(), "");
        } finally {
            copies.forEach(Descriptors::close);
        }
    }

    private long bornInto(int cgroup, SpawnRequest order) throws SpawnException {
        long pid = -Errno.ENOSYS.number();
        if (list.clearsHandlers()) { // there is clone3
            list.cgroup(cgroup);
            pid = born(order);
            list.cgroup(OWN_CGROUP);
        }
        if (pid < 0 && refused((int) -pid)) {
            throw new SpawnException(SpawnException.INTO_CGROUP, (int) -pid, "");
        }
        return pid;
    }

    /// True if the group is the obstacle, and not a lack of something, which would be lacking
    /// without a group too.
    private static boolean refused(int errno) {
        return switch (Errno.of(errno)) {
            case EAGAIN, ENOMEM, EMFILE, ENFILE -> false;
            default -> true;
        };
    }

    private void write(SpawnRequest order, String note, List<Integer> copies)
            throws SpawnException {
        list.begin(order);
        if (list.isNew()) {
            signals();
            list.add("setsid", "", Syscall.SETSID, 0);
            list.add("prctl", "PR_SET_NAME", Syscall.PRCTL, PR_SET_NAME, list.name());
            list.keep();
        }
        if (notes >= 0 && !note.isEmpty()) {
            list.note(notes, note);
        }
        descriptors(order, copies);
        String directory = order.directory();
        list.add("chdir", directory, Syscall.CHDIR, list.text(directory));
        if (order.umask() != null) {
            list.add("umask", order.umask(), Syscall.UMASK, order.umask());
        }
        limits(order.limits());
        if (order.nice() != null) {
            list.add(
                    "setpriority",
                    order.nice(),
                    Syscall.SETPRIORITY,
                    PRIO_PROCESS,
                    0,
                    order.nice());
        }
        ConfinementSteps.beforeUser(list, order);
        if (order.credentials() != null) {
            become(order.credentials());
        }
        ConfinementSteps.afterUser(list, order);
        if (order.orphaned() != null) {
            dieWithUs(order.orphaned());
        }
        if (open) {
            list.tolerate(Errno.EINVAL, Syscall.PRCTL, PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0);
        }
        image(order);
    }

    /// Adds steps that reset signals: clone3 resets those that are caught, never those that are
    /// ignored. The manager itself ignores none, so it was started with those that are ignored.
    private void signals() {
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

    private void descriptors(SpawnRequest order, List<Integer> copies) throws SpawnException {
        List<Integer> sources = order.descriptors();
        for (int target = 0; target < sources.size(); target++) {
            int source = sources.get(target);
            if (source < 0) {
                closeFrom(target, target);
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
            list.add("descriptor", ruleset, Syscall.DUP3, free, first, Descriptors.O_CLOEXEC);
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
        if (order.orphaned() == null) {
            closeFrom(first, LAST_DESCRIPTOR);
        } else {
            int kept = lifeline();
            closeFrom(first, kept - 1);
            closeFrom(kept + 1, LAST_DESCRIPTOR);
        }
        if (childGate != null) { // nobody's end is open in it but its own
            long room = list.longs(0, 0);
            list.add(ChildGate.STEP, "", Syscall.READ, waits, room, 1);
            list.add(ChildGate.STEP, "", Syscall.WRITE, waits, room, 1);
        }
    }

    /// Closes all others; nothing leaks without it either, as all are close-on-exec.
    private void closeFrom(int first, long last) {
        if (first <= last) {
            list.tolerate(Errno.ENOSYS, Syscall.CLOSE_RANGE, first, last, 0);
        }
    }

    /// Asks for the signal, and then makes sure that there was time to: who dies before it is asked
    /// sends none. Only we hold the reading end of the lifeline, so writing to it fails with EPIPE
    /// if we are gone, and the child goes too. Nobody reads; full is as good. A change of user
    /// would undo what was asked, so this comes after it.
    private void dieWithUs(Signal signal) {
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

    private void limits(Map<Resource, Limit> limits) {
        if (!limits.containsKey(Resource.NOFILE)) {
            limit(Resource.NOFILE, OpenFileLimits.inheritedOpenFiles());
        }
        for (Resource resource : RESOURCES) {
            Limit limit = limits.get(resource);
            if (limit != null) {
                limit(resource, limit);
            }
        }
    }

    private void limit(Resource resource, Limit limit) {
        long wanted = list.longs(limit.soft(), limit.hard());
        list.add("prlimit", resource, Syscall.PRLIMIT64, 0, resource.number(), wanted, 0);
    }

    private void become(Credentials as) {
        long groups = list.ints(as.groups());
        list.add("setgroups", as.groups(), Syscall.SETGROUPS, as.groups().size(), groups);
        list.add("setresgid", as.gid(), Syscall.SETRESGID, as.gid(), as.gid(), as.gid());
        list.add("setresuid", as.uid(), Syscall.SETRESUID, as.uid(), as.uid(), as.uid());
    }

    private void image(SpawnRequest order) throws SpawnException {
        long path = list.text(order.executable());
        long argv = list.texts(order.argv());
        long envp = list.environment(order.environment(), order.ownPidVariables());
        list.add(
                "sigprocmask",
                "",
                Syscall.RT_SIGPROCMASK,
                SIG_SETMASK,
                list.zeros(),
                0,
                MASK_BYTES);
        list.add("execve", order.executable(), Syscall.EXECVE, path, argv, envp);
    }

    private long born(SpawnRequest order) {
        if (order.credentials() != null && disguised() == 0) {
            dumpable = SystemCalls.call(Syscall.PRCTL, PR_GET_DUMPABLE) == 1;
        }
        return SystemCalls.spawn(list.table());
    }

    private PendingChild begun(SpawnRequest order, long pid, long patience) throws SpawnException {
        if (pid < 0) {
            throw new SpawnException("clone", (int) -pid, advice((int) -pid));
        }
        PendingChild pendingChild =
                new PendingChild(this, list, order, new SpawnedChild((int) pid, list.pidfd()));
        underWay.add(pendingChild);
        if (!pendingChild.await(patience)) {
            ChildProgram free = spare.poll();
            list = free == null ? list.another() : free;
            return pendingChild;
        }
        SpawnException failure = pendingChild.failure();
        if (failure != null) {
            // it is about to end, but for what closing its files may take
            Processes.await(pendingChild.child().pidfd(), patience);
            Descriptors.close(pendingChild.child().pidfd());
            throw failure;
        }
        return pendingChild;
    }

    /// Frees the list of a child that no longer shares the manager's memory.
    void over(PendingChild pendingChild) {
        underWay.remove(pendingChild);
        if (pendingChild.list() != list && spare.size() < MAX_SPARE) {
            spare.push(pendingChild.list());
        }
        if (pendingChild.disguised() && dumpable && disguised() == 0) {
            SystemCalls.call(Syscall.PRCTL, PR_SET_DUMPABLE, 1);
        }
    }

    /// Returns the number of children on their way to another user.
    private int disguised() {
        int count = 0;
        for (PendingChild pendingChild : underWay) {
            count += pendingChild.disguised() ? 1 : 0;
        }
        return count;
    }

    private static String advice(int errno) {
        return switch (Errno.of(errno)) {
            case EMFILE -> "; the manager may open no more files: raise its limit (ulimit -n)";
            case ENFILE -> "; the machine may open no more files (fs.file-max)";
            case EAGAIN -> "; no more processes are allowed (ulimit -u, pids.max, kernel.pid_max)";
            case ENOMEM -> "; there is no memory left";
            default -> "";
        };
    }

    /// Explains an error beyond the kernel's word.
    static String hint(SpawnRequest order, String step, int errno) {
        boolean exec = step.startsWith("execve");
        Path file = Path.of(order.directory()).resolve(order.executable());
        return switch (Errno.of(errno)) {
            case ENOENT -> exec && Files.exists(file) ? "; its interpreter is missing" : "";
            case ENOEXEC -> "; a script begins with a line like #!/bin/sh";
            case ETXTBSY -> "; somebody is writing to it";
            case EPERM ->
                    step.startsWith("prlimit")
                            ? ABOVE_THE_MANAGERS
                            : ConfinementSteps.whyRefused(step);
            case EINVAL -> SchedulingSteps.whyInvalid(step);
            case EDQUOT -> ConfinementSteps.whyFull(step);
            default -> "";
        };
    }
}
