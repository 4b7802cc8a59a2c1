// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.ForwardingThread;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.Connections;

import java.nio.ByteBuffer;

/// A thread whose system calls can be made by a small process of its own, the deputy: for calls
/// that may wait for somebody else in a way that no signal ends, as for the lock of an inode. A
/// thread of ours that waited so would hold up our own end, and our execve: both wait for every
/// thread. The deputy is nobody's thread, and dies with its thread as soon as the kernel lets it.
///
/// It shares our memory, so arguments are addresses of ours, and has descriptors of its own: what
/// is opened by it can be used by it alone ([#fetch] brings it here). It runs no code but a few
/// instructions of [org.einhyrningsins.posix.kernel.MachineCode], has every signal blocked, and
/// none of our descriptors.
///
/// Where there may be no more processes, the thread makes the calls itself.
public final class SystemCallDeputy extends ForwardingThread {
    /// Name of the process (comm in proc(5)).
    static final String NAME = "einhyrn-deputy";

    private static final int STACK_BYTES = 256 * 1024;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_NAME = 15;
    private static final int SIGKILL = 9;
    private static final long END_NANOS = 200_000_000;
    private static final long LAST_DESCRIPTOR = 0xffff_ffffL;

    private final ByteBuffer word = ByteBuffer.allocateDirect(Long.BYTES);
    private ChildProgram list = new ChildProgram();
    private int request;
    private int socket = -1;
    private int pidfd = -1;
    private boolean unavailable;
    private boolean forwarding;
    private int number;

    /// Guards the process against a number that is another's by then.
    private final Object end = new Object();

    private int pid;
    private volatile long callNumber;
    private volatile boolean calling;

    /// A thread that is not started yet.
    ///
    /// @param work done on this thread once it is started; descriptors of the deputy are closed
    ///   when it is over
    public SystemCallDeputy(Runnable work, String name) {
        super(work, name, STACK_BYTES);
        setDaemon(true);
    }

    @Override
    public void run() {
        try {
            super.run();
        } finally {
            endProcess();
        }
    }

    /// Action on the thread.
    ///
    /// @param <X> the checked exception that it may throw
    public interface Action<X extends Exception> {
        void run() throws X;
    }

    /// Runs an action on this thread with all its system calls made by the process.
    ///
    /// @throws PosixException if there is no process and none can be made
    public <X extends Exception> void runForwarded(Action<X> action) throws X {
        if (socket < 0 && !unavailable) {
            startProcess();
        }
        boolean before = forwarding;
        forwarding = !unavailable;
        try {
            action.run();
        } finally {
            forwarding = before;
        }
    }

    /// Returns the number of the process, counted: descriptors of another one are no longer open.
    public int number() {
        return number;
    }

    /// A duplicate here of a descriptor of the process, which is closed there; raised and
    /// close-on-exec.
    public int fetch(int fd) {
        if (!forwarding) {
            return fd;
        }
        forwarding = false;
        try {
            return Processes.fetch(pidfd, fd);
        } finally {
            forwarding = true;
            Descriptors.close(fd);
        }
    }

    @Override
    public boolean isForwarding() {
        return forwarding;
    }

    /// EBADF if the process is gone.
    @Override
    public long call(Syscall call, long a, long b, long c, long d, long e) {
        list.request(request, call, a, b, c, d, e);
        long at = SystemCalls.address(word);
        long sent = socket < 0 ? -1 : callHere(Syscall.WRITE, at);
        callNumber = call.number;
        calling = true;
        long got = sent == Long.BYTES ? callHere(Syscall.READ, at) : -1;
        calling = false;
        if (got == Long.BYTES) {
            return list.result(request);
        }
        endProcess();
        return -Errno.EBADF.number();
    }

    /// True if a call of the process has begun and waits for somebody: not if the machine is only
    /// busy. Any thread may ask.
    public boolean isHeldUp() {
        synchronized (end) {
            return calling // so there is a list
                    && pidfd >= 0
                    && list.result(request) == callNumber
                    && ProcessStatus.isWaiting(pid);
        }
    }

    /// Gives up what is under way: the call that was begun is the last one, and what follows it on
    /// the thread fails. Any thread may do it.
    public void abandon() {
        synchronized (end) {
            if (pidfd >= 0) {
                SystemCalls.callHere(Syscall.PIDFD_SEND_SIGNAL, pidfd, SIGKILL, 0, 0, 0);
            }
        }
    }

    private long callHere(Syscall call, long at) {
        while (true) {
            long count = SystemCalls.callHere(call, socket, at, Long.BYTES, 0, 0);
            if (!SystemCalls.is(count, Errno.EINTR)) {
                return count;
            }
        }
    }

    private void startProcess() {
        int[] pair = Connections.pair();
        try {
            Descriptors.setNonBlocking(pair[0], false);
            long pid = spawn(pair[1]);
            if (SystemCalls.is(pid, Errno.ENOSYS) && list.clearsHandlers()) {
                list.doWithoutClone3();
                pid = spawn(pair[1]);
            }
            if (pid < 0) {
                unavailable = true;
                Descriptors.close(pair[0]);
                return;
            }
            number++;
            socket = pair[0];
            synchronized (end) {
                this.pid = (int) pid;
                pidfd = list.pidfd();
            }
        } finally {
            Descriptors.close(pair[1]);
        }
    }

    private long spawn(int end) {
        list = list.another(); // one that was killed may still be in a call with its memory
        list.begin();
        list.tolerate(Errno.EPERM, Syscall.SETSID, 0, 0, 0);
        list.add("name", "", Syscall.PRCTL, PR_SET_NAME, list.text(NAME));
        list.add("end", "", Syscall.PRCTL, PR_SET_PDEATHSIG, SIGKILL);
        list.add("socket", "", Syscall.DUP3, end, 0, 0);
        list.add("close", "", Syscall.CLOSE_RANGE, 1, LAST_DESCRIPTOR, 0);
        request = list.serveCalls(0);
        return SystemCalls.spawn(list.table());
    }

    /// Ends the process.
    private void endProcess() {
        boolean before = forwarding;
        forwarding = false;
        if (socket >= 0) {
            Descriptors.close(socket);
            reap();
            synchronized (end) {
                Descriptors.close(pidfd);
                pidfd = -1;
            }
            socket = -1;
        }
        forwarding = before;
    }

    /// It ends when it reads the end of the socket, unless it is in a call that does not return:
    /// then whoever reaps the orphans of this process reaps it.
    private void reap() {
        try {
            Children.await(pidfd, END_NANOS);
        } catch (PosixException e) {
            // somebody else was quicker
        }
    }
}
