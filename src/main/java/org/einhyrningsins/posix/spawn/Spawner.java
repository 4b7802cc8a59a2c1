// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.Children;

import java.nio.BufferOverflowException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Brings children into the world, by lists of system calls (see the package).
///
/// [ChildSteps] are what a child does before its program, each with an errno of its own.
///
/// A child is on its way to its program for some hundred microseconds, or for as long as whoever
/// owns its files likes. Who begins a start says how long to wait for it, and may go on meanwhile:
/// the list and its memory are the child's until it is there, and the next child has another.
///
/// A child that takes another user leaves its trace on the memory it shares with us until execve:
/// the kernel marks it "not dumpable", which closes our /proc/self to ourselves, unless we are
/// root. That is undone when no such child is on its way any more, and not before: until then the
/// mark is what keeps that user from attaching to the child, and so from our memory.
public final class Spawner {
    /// The manager's own control group.
    public static final int OWN_CGROUP = -1;

    private static final long UNLIMITED = -1;

    private static final int PR_GET_DUMPABLE = 3;
    private static final int PR_SET_DUMPABLE = 4;

    /// Maximum number of spare lists, kept for when so many are on their way again.
    private static final int MAX_SPARE = 8;

    /// Number of children on their way at which the eldest is waited for.
    private static final int MANY_STARTS = 64;

    private static final long MANY_STARTS_WAIT = 20_000_000;
    private static final int MAX_UNDER_WAY = 256;

    private final ChildSteps childSteps = new ChildSteps();
    private ChildProgram list = new ChildProgram();
    private final Deque<ChildProgram> spare = new ArrayDeque<>(0);
    private final List<PendingChild> underWay = new ArrayList<>(0);
    private boolean dumpable;

    /// Does what is done where a seccomp filter refuses clone3.
    public void doWithoutClone3() {
        list.doWithoutClone3();
    }

    /// Children leave their notes there.
    ///
    /// @param fd of a file to append to
    public void journalTo(int fd) {
        childSteps.journalTo(fd);
    }

    /// Lets whoever may trace the children but for Yama (kernel.yama.ptrace_scope: 1) trace them,
    /// and so take descriptors out of them. The kernel notes it of the process and forgets it when
    /// that is gone (security/yama/yama_lsm.c); execve does not change it. Without Yama, nothing.
    public void openToAll() {
        childSteps.openToAll();
    }

    /// True if children can have monitors: the machine executes programs that are in memory.
    public static boolean canMonitor() {
        return MonitorImage.isAllowed();
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
        return begin(order, note, cgroup, UNLIMITED).child();
    }

    /// Begins to bring one into the world that leaves a note of itself before anything else: so
    /// that there is no moment at which it is there and nobody could know.
    ///
    /// @param note its words, which its pid follows; empty for none
    /// @param cgroup descriptor of the directory of the control group it is started in;
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
            return clone(order, note, cgroup, patience);
        } catch (SpawnException e) {
            if (!e.step().startsWith(ChildProgram.NOTE)) {
                throw e;
            }
            return clone(order, "", cgroup, patience); // who lives is more than who is noted
        }
    }

    /// Waits for the eldest child if many are on their way: each holds memory.
    private void makeRoom() throws SpawnException {
        if (underWay.size() >= MANY_STARTS && releaseFinished()) {
            underWay.iterator().next().await(MANY_STARTS_WAIT);
        }
        if (underWay.size() >= MAX_UNDER_WAY) {
            String why = "; " + MAX_UNDER_WAY + " children are on their way to their programs";
            throw new SpawnException("clone", Errno.EAGAIN.number(), why);
        }
    }

    /// True if any child is on its way that was not waited for to its end. Gives back the resources
    /// of those that are not any more.
    public synchronized boolean releaseFinished() {
        List.copyOf(underWay).forEach(PendingChild::underWay);
        return !underWay.isEmpty();
    }

    private PendingChild clone(SpawnRequest order, String note, int cgroup, long patience)
            throws SpawnException {
        List<Integer> copies = new ArrayList<>(0);
        try {
            childSteps.write(list, order, note, copies);
            long pid = cgroup < 0 ? callClone(order) : cloneInto(cgroup, order);
            if (SystemCalls.is(pid, Errno.ENOSYS) && list.clearsHandlers()) {
                list.doWithoutClone3();
                childSteps.write(list, order, note, copies);
                pid = callClone(order);
            }
            return pending(order, pid, patience);
        } catch (BufferOverflowException e) {
            throw new SpawnException(
                    "execve " + order.command().executable(), Errno.E2BIG.number(), "");
        } finally {
            copies.forEach(Descriptors::close);
        }
    }

    private long cloneInto(int cgroup, SpawnRequest order) throws SpawnException {
        long pid = -Errno.ENOSYS.number();
        if (list.clearsHandlers()) { // there is clone3
            list.cgroup(cgroup);
            pid = callClone(order);
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
        return switch (Errno.byNumber(errno)) {
            case EAGAIN, ENOMEM, EMFILE, ENFILE -> false;
            default -> true;
        };
    }

    private long callClone(SpawnRequest order) {
        if (order.identity().credentials() != null && countChangingUser() == 0) {
            dumpable = SystemCalls.call(Syscall.PRCTL, PR_GET_DUMPABLE) == 1;
        }
        return SystemCalls.spawn(list.table());
    }

    private PendingChild pending(SpawnRequest order, long pid, long patience)
            throws SpawnException {
        if (pid < 0) {
            throw new SpawnException("clone", (int) -pid, SpawnAdvice.forClone((int) -pid));
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
            Children.await(pendingChild.child().pidfd(), patience);
            Descriptors.close(pendingChild.child().pidfd());
            throw failure;
        }
        return pendingChild;
    }

    /// Frees the list of a child that no longer shares the manager's memory.
    void finished(PendingChild pendingChild) {
        underWay.remove(pendingChild);
        if (pendingChild.list() != list && spare.size() < MAX_SPARE) {
            spare.push(pendingChild.list());
        }
        if (pendingChild.changesUser() && dumpable && countChangingUser() == 0) {
            SystemCalls.call(Syscall.PRCTL, PR_SET_DUMPABLE, 1);
        }
    }

    /// Returns the number of children on their way to another user.
    private int countChangingUser() {
        int count = 0;
        for (PendingChild pendingChild : underWay) {
            count += pendingChild.changesUser() ? 1 : 0;
        }
        return count;
    }
}
