// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.process;

/// The capabilities of capabilities(7), in the order of the kernel's numbers: the ordinal of each
/// is its number (include/uapi/linux/capability.h).
public enum Capability {
    CHOWN,
    DAC_OVERRIDE,
    DAC_READ_SEARCH,
    FOWNER,
    FSETID,
    KILL,
    SETGID,
    SETUID,
    SETPCAP,
    LINUX_IMMUTABLE,
    NET_BIND_SERVICE,
    NET_BROADCAST,
    NET_ADMIN,
    NET_RAW,
    IPC_LOCK,
    IPC_OWNER,
    SYS_MODULE,
    SYS_RAWIO,
    SYS_CHROOT,
    SYS_PTRACE,
    SYS_PACCT,
    SYS_ADMIN,
    SYS_BOOT,
    SYS_NICE,
    SYS_RESOURCE,
    SYS_TIME,
    SYS_TTY_CONFIG,
    MKNOD,
    LEASE,
    AUDIT_WRITE,
    AUDIT_CONTROL,
    SETFCAP,
    MAC_OVERRIDE,
    MAC_ADMIN,
    SYSLOG,
    WAKE_ALARM,
    BLOCK_SUSPEND,
    AUDIT_READ,
    PERFMON,
    BPF,
    CHECKPOINT_RESTORE;

    /// The kernel's number for it.
    @SuppressWarnings("EnumOrdinal") // the order is the kernel's, which never changes
    public int number() {
        return ordinal();
    }

    /// Returns its bit in a set of capabilities, as in the `CapEff` of proc_pid_status(5).
    public long bit() {
        return 1L << number();
    }
}
