// SPDX-License-Identifier: GPL-3.0-or-later
//
// The same as child-x86_64.s, where it is explained. A system call changes x0 only.
//
// long call(long number, long a1, long a2, long a3, long a4, long a5)
        .text
        .globl  call
call:
        hint    #34                     // bti c
        mov     x8, x0
        mov     x0, x1
        mov     x1, x2
        mov     x2, x3
        mov     x3, x4
        mov     x4, x5
        mov     x5, #0
        svc     #0
        ret

// long spawn(struct table *table)
        .globl  spawn
spawn:
        hint    #34                     // bti c
        mov     x9, x0
        mov     x8, #135                // rt_sigprocmask(SIG_SETMASK, all, old, 8)
        mov     x0, #2
        add     x1, x9, #32
        add     x2, x9, #40
        mov     x3, #8
        svc     #0
        ldr     x8, [x9, #48]           // clone(flags, same stack, &pidfd, unused, &word) or clone3(args, size)
        ldr     x0, [x9, #16]
        ldr     x1, [x9, #56]
        add     x2, x9, #24
        add     x3, x9, #28
        mov     x4, x3
        svc     #0
        cbz     x0, child
        mov     x10, x0
        mov     x8, #135                // rt_sigprocmask(SIG_SETMASK, old, 0, 8)
        mov     x0, #2
        add     x1, x9, #40
        mov     x2, #0
        mov     x3, #8
        svc     #0
        mov     x0, x10
        ret
child:
        add     x10, x9, #64
step:
        ldr     x8, [x10]
        tbnz    x8, #63, pid
        ldp     x0, x1, [x10, #8]
        ldp     x2, x3, [x10, #24]
        ldp     x4, x5, [x10, #40]
        svc     #0
        cmn     x0, #4095               // an error is -4095 to -1: no carry below
        b.cc    next
        neg     x0, x0
        ldr     x1, [x10, #56]
        cmp     x0, x1
        b.eq    next
        stp     x0, x10, [x9]
        mov     x8, #94                 // exit_group(127)
        mov     x0, #127
        svc     #0
        brk     #1
pid:
        cmn     x8, #1                  // -1 is the pid
        b.ne    serve
        mov     x8, #172                // getpid()
        svc     #0
        ldr     x1, [x10, #8]
        mov     x2, x0
        mov     x3, #10
count:                                  // x1 to the end of the digits
        add     x1, x1, #1
        udiv    x2, x2, x3
        cbnz    x2, count
        strb    wzr, [x1]
digit:                                  // and back again, writing them
        udiv    x2, x0, x3
        msub    x4, x2, x3, x0
        add     x4, x4, #48
        strb    w4, [x1, #-1]!
        mov     x0, x2
        cbnz    x0, digit
next:
        add     x10, x10, #64
        b       step
serve:
        ldr     x9, [x10, #16]
ask:
        mov     x8, #63                 // read(socket, room behind the call, 8)
        ldr     x0, [x10, #8]
        add     x1, x9, #56
        mov     x2, #8
        svc     #0
        cmp     x0, #8
        b.ne    over
        ldr     x8, [x9]
        ldp     x0, x1, [x9, #8]
        ldp     x2, x3, [x9, #24]
        ldp     x4, x5, [x9, #40]
        svc     #0
        str     x0, [x9]
        mov     x8, #64                 // write(socket, what came, 8)
        ldr     x0, [x10, #8]
        add     x1, x9, #56
        mov     x2, #8
        svc     #0
        b       ask
over:
        mov     x8, #94                 // exit_group(0)
        mov     x0, #0
        svc     #0
        brk     #1
        .section .note.GNU-stack, "", %progbits
