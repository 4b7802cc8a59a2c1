# SPDX-License-Identifier: GPL-3.0-or-later
#
# The machine code of org.einhyrningsins.posix.kernel.MachineCode, which holds the assembled bytes; a test
# assembles this file and compares.
#
# long call(long number, long a1, long a2, long a3, long a4, long a5)
#
# One system call (a6 is 0); returns what the kernel returns: an error is -4095 to -1.
        .text
        .globl  call
call:
        endbr64
        mov     %rdi, %rax
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rcx, %rdx
        mov     %r8, %r10
        mov     %r9, %r8
        xor     %r9d, %r9d
        syscall
        ret

# long spawn(struct table *table)   (System V ABI: table in rdi, result in rax)
#
# Blocks every signal, clones a child that shares our memory, restores the signals, and returns the
# child's pid or a negative errno. The child works through a list of system calls; the last is execve.
# It never touches the stack, so it needs none of its own, and we go on while it is at work. What it
# reports, it writes into the table's header. When it no longer needs our memory, since it executes
# another program or is dead, the kernel clears the word at 28 and wakes who waits there (futex).
#
#   header    0 errno of the step that failed, or 0      entry    0 number of the system call; -1: write our
#             8 address of that step's entry                        pid as text to address a1; -2: serve, below
#            16 first argument of clone or clone3                8  a1 … 48 a6
#            24 pidfd, filled in by the kernel                   56 the one errno that is no failure
#            28 not 0 while the child is at work
#            32 mask with every signal
#            40 room for the caller's mask
#            48 number of clone or clone3
#            56 its second argument
#            64 the first entry
        .globl  spawn
spawn:
        endbr64
        push    %rbx
        push    %r12
        mov     %rdi, %r12
        mov     $14, %eax               # rt_sigprocmask(SIG_SETMASK, all, old, 8)
        mov     $2, %edi
        lea     32(%r12), %rsi
        lea     40(%r12), %rdx
        mov     $8, %r10d
        syscall
        mov     48(%r12), %rax          # clone(flags, same stack, &pidfd, &word, unused) or clone3(args, size)
        mov     16(%r12), %rdi
        mov     56(%r12), %rsi
        lea     24(%r12), %rdx
        lea     28(%r12), %r10
        mov     %r10, %r8
        syscall
        test    %rax, %rax
        jz      child
        mov     %rax, %rbx
        mov     $14, %eax               # rt_sigprocmask(SIG_SETMASK, old, 0, 8)
        mov     $2, %edi
        lea     40(%r12), %rsi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall
        mov     %rbx, %rax
        pop     %r12
        pop     %rbx
        ret
child:
        lea     64(%r12), %rbx
step:
        mov     (%rbx), %rax
        test    %rax, %rax
        js      pid
        mov     8(%rbx), %rdi
        mov     16(%rbx), %rsi
        mov     24(%rbx), %rdx
        mov     32(%rbx), %r10
        mov     40(%rbx), %r8
        mov     48(%rbx), %r9
        syscall
        neg     %rax                    # an error is now 1 to 4095
        lea     -1(%rax), %rcx
        cmp     $4095, %rcx
        jae     next
        cmp     56(%rbx), %rax
        je      next
        mov     %rax, (%r12)
        mov     %rbx, 8(%r12)
        mov     $231, %eax              # exit_group(127)
        mov     $127, %edi
        syscall
        ud2
pid:
        inc     %rax                    # -1 is 0 now
        jnz     serve
        mov     $39, %eax               # getpid()
        syscall
        mov     8(%rbx), %rdi
        mov     %eax, %esi
        mov     $10, %ecx
count:                                  # rdi to the end of the digits
        inc     %rdi
        xor     %edx, %edx
        div     %ecx
        test    %eax, %eax
        jnz     count
        movb    $0, (%rdi)
        mov     %esi, %eax
digit:                                  # and back again, writing them
        xor     %edx, %edx
        div     %ecx
        add     $48, %dl
        dec     %rdi
        mov     %dl, (%rdi)
        test    %eax, %eax
        jnz     digit
next:
        add     $64, %rbx
        jmp     step

# A child that goes no further: it makes system calls for one of our threads, until that hangs up. Each
# time 8 bytes come over the socket a1, the call is made that stands at address a2: its number and a1 …
# a6, which are often addresses in our memory. The result takes the place of the number, and 8 bytes go back.
serve:
        mov     16(%rbx), %r12
ask:
        xor     %eax, %eax              # read(socket, room behind the call, 8)
        mov     8(%rbx), %rdi
        lea     56(%r12), %rsi
        mov     $8, %edx
        syscall
        cmp     $8, %rax
        jne     over
        mov     (%r12), %rax
        mov     8(%r12), %rdi
        mov     16(%r12), %rsi
        mov     24(%r12), %rdx
        mov     32(%r12), %r10
        mov     40(%r12), %r8
        mov     48(%r12), %r9
        syscall
        mov     %rax, (%r12)
        mov     $1, %eax                # write(socket, what came, 8)
        mov     8(%rbx), %rdi
        lea     56(%r12), %rsi
        mov     $8, %edx
        syscall
        jmp     ask
over:
        mov     $231, %eax              # exit_group(0)
        xor     %edi, %edi
        syscall
        ud2
        .section .note.GNU-stack, "", @progbits
