// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import java.util.Locale;

/// The system calls we make, with their numbers on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl)
/// and on aarch64 (include/uapi/asm-generic/unistd.h).
public enum Syscall {
    READ(0, 63),
    WRITE(1, 64),
    CLOSE(3, 57),
    FSTAT(5, 80),
    IOCTL(16, 29),
    PREAD64(17, 67),
    PWRITE64(18, 68),
    RT_SIGACTION(13, 134),
    RT_SIGPROCMASK(14, 135),
    FCNTL(72, 25),
    GETPID(39, 172),
    GETPGID(121, 155),
    GETEUID(107, 175),
    GETEGID(108, 177),
    FLOCK(73, 32),
    FTRUNCATE(77, 46),
    FCHOWN(93, 55),
    GETTID(186, 178),
    FUTEX(202, 98),
    SOCKET(41, 198),
    CONNECT(42, 203),
    SHUTDOWN(48, 210),
    SENDMSG(46, 211),
    RECVFROM(45, 207),
    RECVMSG(47, 212),
    BIND(49, 200),
    LISTEN(50, 201),
    GETSOCKNAME(51, 204),
    SETSOCKOPT(54, 208),
    GETSOCKOPT(55, 209),
    CLONE(56, 220),
    EXECVE(59, 221),
    EXECVEAT(322, 281),
    KILL(62, 129),
    CHDIR(80, 49),
    UMASK(95, 166),
    SETSID(112, 157),
    SETGROUPS(116, 159),
    SETRESUID(117, 147),
    SETRESGID(119, 149),
    SETPRIORITY(141, 140),
    PRCTL(157, 167),
    FSTATFS(138, 44),
    CAPSET(126, 91),
    GETXATTR(191, 8),
    GETDENTS64(217, 61),
    CLOCK_GETTIME(228, 113),
    TGKILL(234, 131),
    EPOLL_CTL(233, 21),
    WAITID(247, 95),
    KEYCTL(250, 219),
    IOPRIO_SET(251, 30),
    SCHED_SETAFFINITY(203, 122),
    INOTIFY_ADD_WATCH(254, 27),
    INOTIFY_RM_WATCH(255, 28),
    OPENAT(257, 56),
    MKDIRAT(258, 34),
    FCHOWNAT(260, 54),
    NEWFSTATAT(262, 79),
    UNLINKAT(263, 35),
    LINKAT(265, 37),
    READLINKAT(267, 78),
    FCHMODAT(268, 53),
    FCHMOD(91, 52),
    SPLICE(275, 76),
    TEE(276, 77),
    EPOLL_PWAIT(281, 22),
    UTIMENSAT(280, 88),
    ACCEPT4(288, 242),
    SOCKETPAIR(53, 199),
    SIGNALFD4(289, 74),
    FALLOCATE(285, 47),
    EPOLL_CREATE1(291, 20),
    DUP3(292, 24),
    PIPE2(293, 59),
    INOTIFY_INIT1(294, 26),
    PPOLL(271, 73),
    PRLIMIT64(302, 261),
    RENAMEAT2(316, 276),
    MEMFD_CREATE(319, 279),
    STATX(332, 291),
    PIDFD_SEND_SIGNAL(424, 424),
    PIDFD_OPEN(434, 434),
    CLONE3(435, 435),
    CLOSE_RANGE(436, 436),
    PIDFD_GETFD(438, 438),
    FACCESSAT2(439, 439),
    EPOLL_PWAIT2(441, 441),
    LANDLOCK_CREATE_RULESET(444, 444),
    LANDLOCK_ADD_RULE(445, 445),
    LANDLOCK_RESTRICT_SELF(446, 446);

    final int x86;
    final int aarch64;

    /// The number on this machine.
    public final int number;

    Syscall(int x86, int aarch64) {
        this.x86 = x86;
        this.aarch64 = aarch64;
        this.number =
                switch (CpuArchitecture.current()) {
                    case X86_64 -> x86;
                    case AARCH64 -> aarch64;
                };
    }

    /// Returns the name as manual pages write it.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
