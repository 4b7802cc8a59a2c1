# SPDX-License-Identifier: GPL-3.0-or-later
#
# The machine code of the monitor of a task (org.einhyrningsins.posix.spawn.MonitorImage): a process that
# starts one other and writes down how it ended. It is the whole of a small program: 0x10000000 holds its
# ELF header, 0x10000100 `spawn` of child-x86_64.s with this behind it, 0x10100000 a page with the record, and
# 0x10101000 what the child does (ChildProgram), whose table is 192 bytes in.
#
# It runs with every signal blocked, so only KILL ends it before the child.
#
#   record    0 descriptor of the file that the rest is written to
#             8 pid of the child, or a negative errno: there is no child
#            16 errno of the child's step that failed, or 0
#            24 address of that step's entry
#            32 room for a set of signals
#            64 siginfo_t of waitid: si_code at 72, si_status at 88
        .text
        .globl  monitor
monitor:
        mov     $157, %eax              # prctl(PR_SET_NAME, argv[0])
        mov     $15, %edi
        mov     8(%rsp), %rsi
        syscall
        mov     $0x10100000, %ebx
        lea     4288(%rbx), %rdi        # spawn(table)
        mov     $0x10000100, %eax
        call    *%rax
        mov     %rax, 8(%rbx)
        test    %rax, %rax
        js      write
        mov     $127, %eax              # rt_sigpending(room, 8)
        lea     32(%rbx), %rdi
        mov     $8, %esi
        syscall
        mov     32(%rbx), %r12
        btr     $16, %r12               # but CHLD
pending:                                # what came to the group before there was a child is for it
        bsf     %r12, %r13
        jz      again
        btr     %r13, %r12
        mov     $62, %eax               # kill(pid, signal)
        mov     8(%rbx), %rdi
        lea     1(%r13), %rsi
        syscall
        jmp     pending
again:
        mov     $247, %eax              # waitid(P_PID, pid, siginfo, WEXITED, 0)
        mov     $1, %edi
        mov     8(%rbx), %rsi
        lea     64(%rbx), %rdx
        mov     $4, %r10d
        xor     %r8d, %r8d
        syscall
        cmp     $-4, %rax               # EINTR
        je      again
        mov     4288(%rbx), %rax
        mov     %rax, 16(%rbx)
        mov     4296(%rbx), %rax
        mov     %rax, 24(%rbx)
write:
        mov     $18, %eax               # pwrite64(file, record, 184, 0)
        mov     (%rbx), %rdi
        lea     8(%rbx), %rsi
        mov     $184, %edx
        xor     %r10d, %r10d
        syscall
        mov     88(%rbx), %edi          # exit_group as the child did, or with 128 and its signal
        cmpl    $1, 72(%rbx)            # CLD_EXITED
        je      end
        add     $128, %edi
end:
        mov     $231, %eax
        syscall
        ud2
        .section .note.GNU-stack, "", @progbits
