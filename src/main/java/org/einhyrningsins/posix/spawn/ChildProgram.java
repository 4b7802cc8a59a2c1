// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.spec.process.SchedulingSpec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// List of system calls of a child before its new program, as the machine code reads it: a header,
/// entries of 64 bytes, and behind them what they point to. The memory is used again when the child
/// no longer needs it, and grows up to a bound. Layout: src/main/asm/child-x86_64.s.
final class ChildProgram {
    private static final int SMALLEST = 64 * 1024;
    private static final int LARGEST = 4 * 1024 * 1024;
    private static final int ZEROS = 0; // a struct sigaction of SIG_DFL, and an empty mask
    static final int HEADER = 192;
    private static final int NAME = CloneCall.END;
    private static final int ENTRIES = HEADER + 64;
    private static final int ENTRY = 64;
    private static final int TOLERATED = 56;
    // 62 signals, setsid, name, 2 for a note, 3 close_range, chdir, umask, 16 limits, nice, 3 for
    // the user, 2 for
    // orphans, one for Yama, mask, execve
    private static final int MAX_FIXED_ENTRIES = 104;
    private static final int MAX_BYTES_A_CHAR = 3;
    private static final int FIXED_DATA = 4096;
    private static final int DIGITS = 16;

    /// Name of the step that writes a note.
    static final String NOTE = "note";

    private static final int ERRNO = HEADER;
    private static final int FAILED = HEADER + 8;
    static final int PIDFD = HEADER + 24;
    static final int AT_WORK = HEADER + 28;
    private static final int EVERY_SIGNAL = HEADER + 32;

    private static final long WRITE_PID = -1;
    private static final long SERVE = -2;
    private static final int REQUEST = 64;
    private static final int FUTEX_WAIT = 0; // not private: the kernel wakes the other kind
    private static final long NANOS = 1_000_000_000;

    private final long fixed;
    private boolean clearsHandlers = true;
    private ByteBuffer memory = ByteBuffer.allocate(0);
    private long base;
    private int kept;
    private int entries;
    private final ChildData data = new ChildData();
    private Object[] steps = {};

    ChildProgram() {
        this(0);
    }

    /// A list for another process, which has it at an address that is known before.
    ///
    /// @param fixed the address; 0 for one that is used in this process
    ChildProgram(long fixed) {
        this.fixed = fixed;
    }

    /// Begins a new list, with room for what the order needs.
    ///
    /// @throws SpawnException if a text holds a NUL, which would cut it
    void begin(SpawnRequest order) throws SpawnException {
        ChildCommand command = order.command();
        List<String> ownPid = command.ownPidVariables();
        int most = MAX_FIXED_ENTRIES + order.descriptors().size() + ownPid.size();
        most += ConfinementSteps.maxSteps(order.confinement());
        long texts = size(command.argv()) + size(command.environment()) + size(ownPid);
        texts += size(List.of(command.executable(), command.directory()));
        texts += (long) DIGITS * ownPid.size();
        texts +=
                order.confinement().scheduling().cpus().isEmpty() ? 0 : SchedulingSpec.MAX_CPUS / 8;
        Credentials credentials = order.identity().credentials();
        int groups = credentials == null ? 0 : credentials.groups().size();
        reserve(ENTRIES + (long) most * ENTRY + texts + groups * 4L + FIXED_DATA);
        if (steps.length < 2 * most) {
            steps = Arrays.copyOf(steps, 2 * most);
        }
        entries = kept;
        data.begin(memory, base, ENTRIES + most * ENTRY);
        memory.putLong(ERRNO, 0).putInt(PIDFD, -1).putInt(AT_WORK, -1);
    }

    /// Begins a list for a [SystemCallDeputy].
    void begin() {
        reserve(SMALLEST);
        steps = Arrays.copyOf(steps, 2 * MAX_FIXED_ENTRIES);
        entries = kept;
        data.begin(memory, base, ENTRIES + MAX_FIXED_ENTRIES * ENTRY);
        memory.putLong(ERRNO, 0).putInt(PIDFD, -1).putInt(AT_WORK, -1);
    }

    /// Adds what a child ends with that makes system calls for others, until a socket's other end
    /// is closed.
    ///
    /// @return the offset in this memory of the call, and of its result
    int serveCalls(int socket) {
        long room = longs(0, 0);
        data.take(REQUEST - 2 * Long.BYTES);
        entry("serve", "", SERVE, 0, socket, room, 0, 0);
        return (int) (room - base);
    }

    /// Puts a call there.
    void request(int at, Syscall call, long a, long b, long c, long d, long e) {
        memory.putLong(at, call.number).putLong(at + 8, a).putLong(at + 16, b);
        memory.putLong(at + 24, c).putLong(at + 32, d).putLong(at + 40, e).putLong(at + 48, 0);
    }

    /// The result of the call there.
    long result(int at) {
        return memory.getLong(at);
    }

    private static long size(List<String> texts) throws SpawnException {
        long size = Long.BYTES;
        for (String text : texts) {
            if (text.indexOf('\0') >= 0) {
                String shown = text.substring(0, text.indexOf('\0'));
                throw new SpawnException(
                        "'" + shown + "…'", Errno.EINVAL.number(), ": holds a NUL");
            }
            size += (long) MAX_BYTES_A_CHAR * text.length() + 1 + Long.BYTES;
        }
        return size;
    }

    /// Grows the memory; beyond the largest, what does not fit overflows.
    private void reserve(long bytes) {
        if (bytes <= memory.capacity() || memory.capacity() == LARGEST) {
            return;
        }
        int room = SMALLEST;
        while (room < Math.min(bytes, LARGEST)) {
            room *= 2;
        }
        if (fixed == 0) {
            memory = ByteBuffer.allocateDirect(room).order(ByteOrder.nativeOrder());
            base = SystemCalls.address(memory);
        } else {
            memory = ByteBuffer.allocate(room).order(ByteOrder.nativeOrder());
            base = fixed;
        }
        memory.putLong(EVERY_SIGNAL, -1);
        memory.put(NAME, ProcessStatus.BEFORE_EXECVE.getBytes(StandardCharsets.US_ASCII));
        kept = 0;
        CloneCall.write(memory, base, clearsHandlers);
    }

    /// Sets the control group of children; clone3 only.
    ///
    /// @param directory descriptor of the group; below 0 for the manager's own, as at first
    void cgroup(int directory) {
        if (base != 0 && clearsHandlers) {
            CloneCall.into(memory, directory);
        }
    }

    /// True if the kernel resets all signal handlers when it makes the child (clone3, Linux 5.5).
    boolean clearsHandlers() {
        return clearsHandlers;
    }

    /// Makes children by clone instead: some seccomp filters know no clone3.
    void doWithoutClone3() {
        clearsHandlers = false;
        kept = 0;
        if (base != 0) {
            CloneCall.write(memory, base, false);
        }
    }

    /// Makes another list with the same way to make children.
    ChildProgram another() {
        return another(0);
    }

    /// The same for another process.
    ///
    /// @param address address of the list there
    ChildProgram another(long address) {
        ChildProgram another = new ChildProgram(address);
        another.clearsHandlers = clearsHandlers;
        return another;
    }

    /// True if the entries that are the same for every child are still to be added, for
    /// [#keepSteps].
    boolean isNew() {
        return kept == 0;
    }

    /// Keeps what has been added for the lists to come.
    void keepSteps() {
        kept = entries;
    }

    /// Adds a call.
    ///
    /// @param step name of the step in a failure, with its object
    void add(String step, Object object, Syscall call, long a, long b, long c, long d) {
        entry(step, object, call.number, 0, a, b, c, d);
    }

    /// Adds a call of five arguments.
    void add(String step, Object object, Syscall call, long a, long b, long c, long d, long e) {
        entry(step, object, call.number, 0, a, b, c, d);
        memory.putLong(ENTRIES + (entries - 1) * ENTRY + 40, e);
    }

    void add(String step, Object object, Syscall call, long a, long b, long c) {
        entry(step, object, call.number, 0, a, b, c, 0);
    }

    void add(String step, Object object, Syscall call, long a, long b) {
        entry(step, object, call.number, 0, a, b, 0, 0);
    }

    void add(String step, Object object, Syscall call, long a) {
        entry(step, object, call.number, 0, a, 0, 0, 0);
    }

    /// Adds a call that may fail with that errno.
    void tolerate(Errno errno, Syscall call, long a, long b, long c) {
        entry(call.text(), "", call.number, errno.number(), a, b, c, 0);
    }

    private void entry(
            String step,
            Object object,
            long number,
            long tolerated,
            long a,
            long b,
            long c,
            long d) {
        int at = ENTRIES + entries * ENTRY;
        memory.putLong(at, number).putLong(at + 8, a).putLong(at + 16, b).putLong(at + 24, c);
        memory.putLong(at + 32, d).putLong(at + 40, 0).putLong(at + 48, 0);
        memory.putLong(at + TOLERATED, tolerated);
        steps[2 * entries] = step;
        steps[2 * entries + 1] = object;
        entries++;
    }

    /// Enough zeros for a struct sigaction, or a mask.
    long zeros() {
        return base + ZEROS;
    }

    /// Returns the address of [ProcessStatus#BEFORE_EXECVE], with its NUL.
    long name() {
        return base + NAME;
    }

    /// See [ChildData#text].
    long text(String text) {
        return data.text(text);
    }

    /// See [ChildData#texts].
    long texts(List<String> texts) {
        return data.texts(texts);
    }

    /// Adds the environment and returns its address; the child writes its pid into some of it.
    long environment(List<String> texts, List<String> ownPidVariables) {
        int at = data.pointers(texts.size() + ownPidVariables.size());
        int next = data.fill(at, texts);
        for (String name : ownPidVariables) {
            String variable = name + "=";
            byte[] bytes = variable.getBytes(StandardCharsets.UTF_8);
            int digits = data.take(bytes.length + DIGITS) + bytes.length;
            memory.put(digits - bytes.length, bytes).putLong(next, base + digits - bytes.length);
            next += Long.BYTES;
            entry("pid", name, WRITE_PID, 0, base + digits, 0, 0, 0);
        }
        return base + at;
    }

    /// Writes the text, the child's pid and a newline to a descriptor; between the pid and the
    /// newline are NULs. A full disk is no reason not to start.
    void note(int fd, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length + DIGITS + 1;
        int at = data.take(length);
        memory.put(at, bytes);
        for (int i = bytes.length; i < length - 1; i++) {
            memory.put(at + i, (byte) 0);
        }
        memory.put(at + length - 1, (byte) '\n');
        entry(NOTE, "", WRITE_PID, 0, base + at + bytes.length, 0, 0, 0);
        int full = Errno.ENOSPC.number();
        entry(NOTE, "", Syscall.WRITE.number, full, fd, base + at, length, 0);
    }

    /// See [ChildData#longs].
    long longs(long first, long second) {
        return data.longs(first, second);
    }

    /// See [ChildData#ints].
    long ints(List<Integer> numbers) {
        return data.ints(numbers);
    }

    /// Returns the address of the table, for the machine code.
    long table() {
        return base + HEADER;
    }

    /// True if the child still uses this memory: it is on its way to its program.
    boolean isRunning() {
        return memory.getInt(AT_WORK) != 0;
    }

    /// Waits until the child is there, or dead.
    ///
    /// @param nanos maximum wait; below 0 for no limit
    /// @return false if it is still at work
    boolean await(long nanos) {
        long time = 0;
        while (isRunning() && nanos != 0) {
            if (nanos > 0) {
                NativeScratch nativeScratch = NativeScratch.here();
                nativeScratch.bytes.putLong(0, nanos / NANOS).putLong(8, nanos % NANOS);
                time = nativeScratch.structures;
            }
            long end = SystemCalls.call(Syscall.FUTEX, base + AT_WORK, FUTEX_WAIT, -1, time);
            if (SystemCalls.is(end, Errno.ETIMEDOUT)) {
                break;
            }
        }
        return !isRunning();
    }

    /// The errno of the step that failed, or 0.
    int errno() {
        return memory.getInt(ERRNO);
    }

    int pidfd() {
        return memory.getInt(PIDFD);
    }

    /// The step that failed, with its object: `chdir /srv/web`.
    String failedStep() {
        return step(index(memory.getLong(FAILED), base));
    }

    /// Returns the index of the step whose entry has that address.
    ///
    /// @param base address of the list
    static int index(long address, long base) {
        return (int) (address - base - ENTRIES) / ENTRY;
    }

    /// Returns all steps in their order, each with its object.
    List<String> steps() {
        return IntStream.range(0, entries).mapToObj(this::step).toList();
    }

    /// Returns what has been written of the list.
    ByteBuffer content() {
        return memory.slice(0, data.end()).order(ByteOrder.nativeOrder());
    }

    private String step(int index) {
        String text = steps[2 * index] + " " + steps[2 * index + 1];
        return text.strip();
    }
}
