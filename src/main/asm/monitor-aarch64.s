// SPDX-License-Identifier: GPL-3.0-or-later
//
// The same as monitor-x86_64.s, where it is explained. A system call changes x0 only.
        .text
        .globl  monitor
monitor:
        mov     x8, #167                // prctl(PR_SET_NAME, argv[0])
        mov     x0, #15
        ldr     x1, [sp, #8]
        svc     #0
        movz    x19, #0x1010, lsl #16
        add     x0, x19, #1, lsl #12    // spawn(table)
        add     x0, x0, #192
        movz    x8, #0x1000, lsl #16
        movk    x8, #0x100
        blr     x8
        str     x0, [x19, #8]
        tbnz    x0, #63, write
        mov     x8, #136                // rt_sigpending(room, 8)
        add     x0, x19, #32
        mov     x1, #8
        svc     #0
        ldr     x20, [x19, #32]
        and     x20, x20, #0xfffffffffffeffff
pending:                                // what came to the group before there was a child is for it
        cbz     x20, again
        rbit    x21, x20
        clz     x21, x21
        mov     x1, #1
        lsl     x1, x1, x21
        bic     x20, x20, x1
        mov     x8, #129                // kill(pid, signal)
        ldr     x0, [x19, #8]
        add     x1, x21, #1
        svc     #0
        b       pending
again:
        mov     x8, #95                 // waitid(P_PID, pid, siginfo, WEXITED, 0)
        mov     x0, #1
        ldr     x1, [x19, #8]
        add     x2, x19, #64
        mov     x3, #4
        mov     x4, #0
        svc     #0
        cmn     x0, #4                  // EINTR
        b.eq    again
        add     x9, x19, #1, lsl #12
        ldp     x1, x2, [x9, #192]
        stp     x1, x2, [x19, #16]
write:
        mov     x8, #68                 // pwrite64(file, record, 184, 0)
        ldr     x0, [x19]
        add     x1, x19, #8
        mov     x2, #184
        mov     x3, #0
        svc     #0
        ldr     w0, [x19, #88]          // exit_group as the child did, or with 128 and its signal
        ldr     w1, [x19, #72]
        cmp     w1, #1                  // CLD_EXITED
        b.eq    end
        add     w0, w0, #128
end:
        mov     x8, #94
        svc     #0
        brk     #1
