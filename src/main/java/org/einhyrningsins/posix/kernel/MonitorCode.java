// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// Machine code of a monitor: a small process that starts one other, waits for its end and writes
/// down how it ended. The left column is what runs, the right column is what it says;
/// `src/main/asm/monitor-*.s` holds the same with its reasons, and a test assembles that and
/// compares.
public final class MonitorCode {
    private static final String X86_64_MONITOR =
            """
                                 monitor:
            b89d000000           mov $157, %eax
            bf0f000000           mov $15, %edi
            488b742408           mov 8(%rsp), %rsi
            0f05                 syscall
            bb00001010           mov $0x10100000, %ebx
            488dbbc0100000       lea 4288(%rbx), %rdi
            b800010010           mov $0x10000100, %eax
            ffd0                 call *%rax
            48894308             mov %rax, 8(%rbx)
            4885c0               test %rax, %rax
            786d                 js write
            b87f000000           mov $127, %eax
            488d7b20             lea 32(%rbx), %rdi
            be08000000           mov $8, %esi
            0f05                 syscall
            4c8b6320             mov 32(%rbx), %r12
            490fbaf410           btr $16, %r12
                                 pending:
            4d0fbcec             bsf %r12, %r13
            7415                 jz again
            4d0fb3ec             btr %r13, %r12
            b83e000000           mov $62, %eax
            488b7b08             mov 8(%rbx), %rdi
            498d7501             lea 1(%r13), %rsi
            0f05                 syscall
            ebe5                 jmp pending
                                 again:
            b8f7000000           mov $247, %eax
            bf01000000           mov $1, %edi
            488b7308             mov 8(%rbx), %rsi
            488d5340             lea 64(%rbx), %rdx
            41ba04000000         mov $4, %r10d
            4531c0               xor %r8d, %r8d
            0f05                 syscall
            4883f8fc             cmp $-4, %rax
            74dd                 je again
            488b83c0100000       mov 4288(%rbx), %rax
            48894310             mov %rax, 16(%rbx)
            488b83c8100000       mov 4296(%rbx), %rax
            48894318             mov %rax, 24(%rbx)
                                 write:
            b812000000           mov $18, %eax
            488b3b               mov (%rbx), %rdi
            488d7308             lea 8(%rbx), %rsi
            bab8000000           mov $184, %edx
            4531d2               xor %r10d, %r10d
            0f05                 syscall
            8b7b58               mov 88(%rbx), %edi
            837b4801             cmpl $1, 72(%rbx)
            7406                 je end
            81c780000000         add $128, %edi
                                 end:
            b8e7000000           mov $231, %eax
            0f05                 syscall
            0f0b                 ud2
            """;

    private static final String AARCH64_MONITOR =
            """
                                 monitor:
            e81480d2             mov x8, #167
            e00180d2             mov x0, #15
            e10740f9             ldr x1, [sp, #8]
            010000d4             svc #0
            1302a2d2             movz x19, #0x1010, lsl #16
            60064091             add x0, x19, #1, lsl #12
            00000391             add x0, x0, #192
            0800a2d2             movz x8, #0x1000, lsl #16
            082080f2             movk x8, #0x100
            00013fd6             blr x8
            600600f9             str x0, [x19, #8]
            c003f8b7             tbnz x0, #63, write
            081180d2             mov x8, #136
            60820091             add x0, x19, #32
            010180d2             mov x1, #8
            010000d4             svc #0
            741240f9             ldr x20, [x19, #32]
            94fa6f92             and x20, x20, #0xfffffffffffeffff
                                 pending:
            740100b4             cbz x20, again
            9502c0da             rbit x21, x20
            b512c0da             clz x21, x21
            210080d2             mov x1, #1
            2120d59a             lsl x1, x1, x21
            9402218a             bic x20, x20, x1
            281080d2             mov x8, #129
            600640f9             ldr x0, [x19, #8]
            a1060091             add x1, x21, #1
            010000d4             svc #0
            f6ffff17             b pending
                                 again:
            e80b80d2             mov x8, #95
            200080d2             mov x0, #1
            610640f9             ldr x1, [x19, #8]
            62020191             add x2, x19, #64
            830080d2             mov x3, #4
            040080d2             mov x4, #0
            010000d4             svc #0
            1f1000b1             cmn x0, #4
            00ffff54             b.eq again
            69064091             add x9, x19, #1, lsl #12
            21094ca9             ldp x1, x2, [x9, #192]
            610a01a9             stp x1, x2, [x19, #16]
                                 write:
            880880d2             mov x8, #68
            600240f9             ldr x0, [x19]
            61220091             add x1, x19, #8
            021780d2             mov x2, #184
            030080d2             mov x3, #0
            010000d4             svc #0
            605a40b9             ldr w0, [x19, #88]
            614a40b9             ldr w1, [x19, #72]
            3f040071             cmp w1, #1
            40000054             b.eq end
            00000211             add w0, w0, #128
                                 end:
            c80b80d2             mov x8, #94
            010000d4             svc #0
            200020d4             brk #1
            """;

    private MonitorCode() {}

    /// Returns the code for that architecture. It calls [#spawn] at a fixed address.
    public static byte[] monitor(CpuArchitecture cpuArchitecture) {
        return switch (cpuArchitecture) {
            case X86_64 -> MachineCode.assemble(X86_64_MONITOR);
            case AARCH64 -> MachineCode.assemble(AARCH64_MONITOR);
        };
    }

    /// Returns the code that makes the other process.
    public static byte[] spawn(CpuArchitecture cpuArchitecture) {
        return MachineCode.spawn(cpuArchitecture);
    }
}
