// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.Type;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/// Machine code: one raw system call, and the spawn of a child, which goes on to another program or
/// makes system calls for a thread ([org.einhyrningsins.posix.spawn.SystemCallDeputy]). The left
/// column is what runs, the right column is what it says; `src/main/asm` holds the same with its
/// reasons, and a test assembles that and compares.
///
/// The page is writable while it is filled and executable afterwards, never both.
public final class MachineCode {
    private MachineCode() {}

    private static final String X86_64_CALL =
            """
                             call:
            f30f1efa             endbr64
            4889f8               mov %rdi, %rax
            4889f7               mov %rsi, %rdi
            4889d6               mov %rdx, %rsi
            4889ca               mov %rcx, %rdx
            4d89c2               mov %r8, %r10
            4d89c8               mov %r9, %r8
            4531c9               xor %r9d, %r9d
            0f05                 syscall
            c3                   ret
            """;

    private static final String X86_64_SPAWN =
            """
                             spawn:
            f30f1efa             endbr64
            53                   push %rbx
            4154                 push %r12
            4989fc               mov %rdi, %r12
            b80e000000           mov $14, %eax
            bf02000000           mov $2, %edi
            498d742420           lea 32(%r12), %rsi
            498d542428           lea 40(%r12), %rdx
            41ba08000000         mov $8, %r10d
            0f05                 syscall
            498b442430           mov 48(%r12), %rax
            498b7c2410           mov 16(%r12), %rdi
            498b742438           mov 56(%r12), %rsi
            498d542418           lea 24(%r12), %rdx
            4d8d54241c           lea 28(%r12), %r10
            4d89d0               mov %r10, %r8
            0f05                 syscall
            4885c0               test %rax, %rax
            7423                 jz child
            4889c3               mov %rax, %rbx
            b80e000000           mov $14, %eax
            bf02000000           mov $2, %edi
            498d742428           lea 40(%r12), %rsi
            31d2                 xor %edx, %edx
            41ba08000000         mov $8, %r10d
            0f05                 syscall
            4889d8               mov %rbx, %rax
            415c                 pop %r12
            5b                   pop %rbx
            c3                   ret
                             child:
            498d5c2440           lea 64(%r12), %rbx
                             step:
            488b03               mov (%rbx), %rax
            4885c0               test %rax, %rax
            7847                 js pid
            488b7b08             mov 8(%rbx), %rdi
            488b7310             mov 16(%rbx), %rsi
            488b5318             mov 24(%rbx), %rdx
            4c8b5320             mov 32(%rbx), %r10
            4c8b4328             mov 40(%rbx), %r8
            4c8b4b30             mov 48(%rbx), %r9
            0f05                 syscall
            48f7d8               neg %rax
            488d48ff             lea -1(%rax), %rcx
            4881f9ff0f0000       cmp $4095, %rcx
            7354                 jae next
            483b4338             cmp 56(%rbx), %rax
            744e                 je next
            49890424             mov %rax, (%r12)
            49895c2408           mov %rbx, 8(%r12)
            b8e7000000           mov $231, %eax
            bf7f000000           mov $127, %edi
            0f05                 syscall
            0f0b                 ud2
                             pid:
            48ffc0               inc %rax
            753b                 jnz serve
            b827000000           mov $39, %eax
            0f05                 syscall
            488b7b08             mov 8(%rbx), %rdi
            89c6                 mov %eax, %esi
            b90a000000           mov $10, %ecx
                             count:
            48ffc7               inc %rdi
            31d2                 xor %edx, %edx
            f7f1                 div %ecx
            85c0                 test %eax, %eax
            75f5                 jnz count
            c60700               movb $0, (%rdi)
            89f0                 mov %esi, %eax
                             digit:
            31d2                 xor %edx, %edx
            f7f1                 div %ecx
            80c230               add $48, %dl
            48ffcf               dec %rdi
            8817                 mov %dl, (%rdi)
            85c0                 test %eax, %eax
            75f0                 jnz digit
                             next:
            4883c340             add $64, %rbx
            e971ffffff           jmp step
                             serve:
            4c8b6310             mov 16(%rbx), %r12
                             ask:
            31c0                 xor %eax, %eax
            488b7b08             mov 8(%rbx), %rdi
            498d742438           lea 56(%r12), %rsi
            ba08000000           mov $8, %edx
            0f05                 syscall
            4883f808             cmp $8, %rax
            753f                 jne over
            498b0424             mov (%r12), %rax
            498b7c2408           mov 8(%r12), %rdi
            498b742410           mov 16(%r12), %rsi
            498b542418           mov 24(%r12), %rdx
            4d8b542420           mov 32(%r12), %r10
            4d8b442428           mov 40(%r12), %r8
            4d8b4c2430           mov 48(%r12), %r9
            0f05                 syscall
            49890424             mov %rax, (%r12)
            b801000000           mov $1, %eax
            488b7b08             mov 8(%rbx), %rdi
            498d742438           lea 56(%r12), %rsi
            ba08000000           mov $8, %edx
            0f05                 syscall
            eba9                 jmp ask
                             over:
            b8e7000000           mov $231, %eax
            31ff                 xor %edi, %edi
            0f05                 syscall
            0f0b                 ud2
            """;

    private static final String AARCH64_CALL =
            """
                             call:
            5f2403d5             hint #34
            e80300aa             mov x8, x0
            e00301aa             mov x0, x1
            e10302aa             mov x1, x2
            e20303aa             mov x2, x3
            e30304aa             mov x3, x4
            e40305aa             mov x4, x5
            050080d2             mov x5, #0
            010000d4             svc #0
            c0035fd6             ret
            """;

    private static final String AARCH64_SPAWN =
            """
                             spawn:
            5f2403d5             hint #34
            e90300aa             mov x9, x0
            e81080d2             mov x8, #135
            400080d2             mov x0, #2
            21810091             add x1, x9, #32
            22a10091             add x2, x9, #40
            030180d2             mov x3, #8
            010000d4             svc #0
            281940f9             ldr x8, [x9, #48]
            200940f9             ldr x0, [x9, #16]
            211d40f9             ldr x1, [x9, #56]
            22610091             add x2, x9, #24
            23710091             add x3, x9, #28
            e40303aa             mov x4, x3
            010000d4             svc #0
            400100b4             cbz x0, child
            ea0300aa             mov x10, x0
            e81080d2             mov x8, #135
            400080d2             mov x0, #2
            21a10091             add x1, x9, #40
            020080d2             mov x2, #0
            030180d2             mov x3, #8
            010000d4             svc #0
            e0030aaa             mov x0, x10
            c0035fd6             ret
                             child:
            2a010191             add x10, x9, #64
                             step:
            480140f9             ldr x8, [x10]
            0802f8b7             tbnz x8, #63, pid
            408540a9             ldp x0, x1, [x10, #8]
            428d41a9             ldp x2, x3, [x10, #24]
            449542a9             ldp x4, x5, [x10, #40]
            010000d4             svc #0
            1ffc3fb1             cmn x0, #4095
            63030054             b.cc next
            e00300cb             neg x0, x0
            411d40f9             ldr x1, [x10, #56]
            1f0001eb             cmp x0, x1
            e0020054             b.eq next
            202900a9             stp x0, x10, [x9]
            c80b80d2             mov x8, #94
            e00f80d2             mov x0, #127
            010000d4             svc #0
            200020d4             brk #1
                             pid:
            1f0500b1             cmn x8, #1
            41020054             b.ne serve
            881580d2             mov x8, #172
            010000d4             svc #0
            410540f9             ldr x1, [x10, #8]
            e20300aa             mov x2, x0
            430180d2             mov x3, #10
                             count:
            21040091             add x1, x1, #1
            4208c39a             udiv x2, x2, x3
            c2ffffb5             cbnz x2, count
            3f000039             strb wzr, [x1]
                             digit:
            0208c39a             udiv x2, x0, x3
            4480039b             msub x4, x2, x3, x0
            84c00091             add x4, x4, #48
            24fc1f38             strb w4, [x1, #-1]!
            e00302aa             mov x0, x2
            60ffffb5             cbnz x0, digit
                             next:
            4a010191             add x10, x10, #64
            ddffff17             b step
                             serve:
            490940f9             ldr x9, [x10, #16]
                             ask:
            e80780d2             mov x8, #63
            400540f9             ldr x0, [x10, #8]
            21e10091             add x1, x9, #56
            020180d2             mov x2, #8
            010000d4             svc #0
            1f2000f1             cmp x0, #8
            a1010054             b.ne over
            280140f9             ldr x8, [x9]
            208540a9             ldp x0, x1, [x9, #8]
            228d41a9             ldp x2, x3, [x9, #24]
            249542a9             ldp x4, x5, [x9, #40]
            010000d4             svc #0
            200100f9             str x0, [x9]
            080880d2             mov x8, #64
            400540f9             ldr x0, [x10, #8]
            21e10091             add x1, x9, #56
            020180d2             mov x2, #8
            010000d4             svc #0
            eeffff17             b ask
                             over:
            c80b80d2             mov x8, #94
            000080d2             mov x0, #0
            010000d4             svc #0
            200020d4             brk #1
            """;

    private static final int PAGE = 65_536; // a page on every aarch64 kernel, 16 on x86-64
    private static final int READ_WRITE = 3;
    private static final int READ_EXECUTE = 5;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    /// Addresses of the two functions, once they are executable.
    record Entry(long call, long spawn) {}

    /// Returns the code of one system call on that architecture.
    static byte[] call(CpuArchitecture cpuArchitecture) {
        return switch (cpuArchitecture) {
            case X86_64 -> assemble(X86_64_CALL);
            case AARCH64 -> assemble(AARCH64_CALL);
        };
    }

    /// Returns the code that makes a child on that architecture.
    static byte[] spawn(CpuArchitecture cpuArchitecture) {
        return switch (cpuArchitecture) {
            case X86_64 -> assemble(X86_64_SPAWN);
            case AARCH64 -> assemble(AARCH64_SPAWN);
        };
    }

    /// Maps the code of this machine. It stays for the life of the process.
    static Entry map() {
        byte[] call = call(CpuArchitecture.current());
        byte[] spawn = spawn(CpuArchitecture.current());
        long page = libc("mmap", 0, PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
        ByteBuffer code = MemoryIO.getInstance().newDirectByteBuffer(page, PAGE);
        code.put(call).put(spawn);
        libc("mprotect", page, PAGE, READ_EXECUTE, 0, 0, 0);
        return new Entry(page, page + call.length);
    }

    /// A function of longs: the C library ignores the arguments it does not know.
    public static CallContext sixLongs(boolean saveErrno) {
        Type[] parameters = new Type[6];
        Arrays.fill(parameters, Type.SLONG_LONG);
        return CallContext.getCallContext(
                Type.SLONG_LONG, parameters, CallingConvention.DEFAULT, saveErrno, false);
    }

    private static long libc(String name, long a, long b, long c, long d, long e, long f) {
        long function = Library.getDefault().getSymbolAddress(name);
        long result = Invoker.getInstance().invokeL6(sixLongs(true), function, a, b, c, d, e, f);
        if ((int) result == -1) {
            throw new PosixException(name + " for machine code", LastError.getInstance().get());
        }
        return result;
    }

    static byte[] assemble(String listing) {
        StringBuilder hex = new StringBuilder(listing.length());
        for (int at = 0; at < listing.length(); at = listing.indexOf('\n', at) + 1) {
            int blank = listing.indexOf(' ', at);
            hex.append(listing, at, blank);
        }
        return HexFormat.of().parseHex(hex);
    }
}
