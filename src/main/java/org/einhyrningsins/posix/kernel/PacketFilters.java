// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Packet filters that choose the listener of a connection: programs of the kernel's classic packet
/// filter (socket(7), bpf(2), Documentation/networking/filter.rst). They need no right.
public final class PacketFilters {
    /// The most sockets below the number of those steered to that may be left out.
    public static final int MAX_HOLES = 200;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SO_DETACH_FILTER = 27;
    private static final int SO_ATTACH_REUSEPORT_CBPF = 51; // Linux 4.5
    private static final int SO_DETACH_REUSEPORT_BPF = 68; // Linux 5.3
    private static final int PROGRAM = 16; // struct sock_fprog is before it
    private static final int INSTRUCTION_BYTES = 8;

    // of linux/filter.h
    private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int LOAD_BYTE = 0x30; // BPF_LD | BPF_B | BPF_ABS
    private static final int AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
    private static final int MODULO = 0x94; // BPF_ALU | BPF_MOD | BPF_K
    private static final int IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private static final int RETURN = 0x06; // BPF_RET | BPF_K
    private static final int RETURN_A = 0x16; // BPF_RET | BPF_A
    private static final int RANDOM = 0xfffff000 + 56; // SKF_AD_OFF + SKF_AD_RANDOM

    // of a TCP segment, which begins where a filter of a socket reads (RFC 9293, 3.1)
    private static final int TCP_FLAGS = 13;
    private static final int TCP_SYN = 0x02;
    private static final int TCP_ACK = 0x10;

    private PacketFilters() {}

    /// Steers new connections to some of the listeners of one address with SO_REUSEPORT, at random,
    /// which is what the kernel does without, to all.
    ///
    /// The kernel knows the listeners by number. A random one is taken below the count of those
    /// that are steered to; where that is one to be left out, another stands for it.
    ///
    /// @param fd any of the listeners
    /// @param numbers of those to steer to, at least one, ascending; [#MAX_HOLES]
    public static void steer(int fd, List<Integer> numbers) {
        ByteBuffer bytes = NativeScratch.here().bytes;
        int count = numbers.size();
        Set<Integer> to = new HashSet<>(numbers);
        int next = count - 1;
        int at = append(bytes, 0, LOAD, 0, RANDOM);
        at = append(bytes, at, MODULO, 0, count);
        for (int hole = 0; hole < count; hole++) {
            if (!to.contains(hole)) {
                at = append(bytes, at, IF_EQUAL, 1, hole); // else the next but one
                at = append(bytes, at, RETURN, 0, numbers.get(next--));
            }
        }
        attach(fd, SO_ATTACH_REUSEPORT_CBPF, append(bytes, at, RETURN_A, 0, 0));
    }

    /// Lets the kernel spread connections over all listeners of an address, as it does by itself.
    public static void steerToAll(int fd) {
        detach(fd, SO_DETACH_REUSEPORT_BPF);
    }

    /// Makes a TCP listener ignore new connections from now on. They try again after a second, and
    /// then perhaps reach another listener of the address. Who waits in its queue, or was answered
    /// on the way there, goes on; connections inherit the filter, to no effect.
    public static void ignoreNew(int fd) {
        ByteBuffer bytes = NativeScratch.here().bytes;
        int at = append(bytes, 0, LOAD_BYTE, 0, TCP_FLAGS);
        at = append(bytes, at, AND, 0, TCP_SYN | TCP_ACK);
        at = append(bytes, at, IF_EQUAL, 1, TCP_SYN); // else the next but one
        at = append(bytes, at, RETURN, 0, 0);
        attach(fd, SO_ATTACH_FILTER, append(bytes, at, RETURN, 0, -1));
    }

    /// Ends what [#ignoreNew] began, if it did.
    public static void acceptNew(int fd) {
        detach(fd, SO_DETACH_FILTER);
    }

    /// Appends struct sock_filter; returns how many there are.
    private static int append(ByteBuffer bytes, int at, int code, int otherwise, int operand) {
        int offset = PROGRAM + at * INSTRUCTION_BYTES;
        bytes.putShort(offset, (short) code);
        bytes.put(offset + 2, (byte) 0).put(offset + 3, (byte) otherwise);
        bytes.putInt(offset + 4, operand);
        return at + 1;
    }

    private static void attach(int fd, int option, int instructions) {
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putLong(0, instructions).putLong(8, nativeScratch.structures + PROGRAM);
        SystemCalls.check("setsockopt", set(fd, option, PROGRAM));
    }

    private static void detach(int fd, int option) {
        NativeScratch.here().clear(8);
        long result = set(fd, option, 4);
        if (!SystemCalls.is(result, Errno.ENOENT)) { // there was nothing to detach
            SystemCalls.check("setsockopt", result);
        }
    }

    private static long set(int fd, int option, int length) {
        long at = NativeScratch.here().structures;
        return SystemCalls.call(Syscall.SETSOCKOPT, fd, SOL_SOCKET, option, at, length);
    }
}
