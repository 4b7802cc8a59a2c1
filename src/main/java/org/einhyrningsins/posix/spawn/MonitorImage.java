// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.MemoryFiles;
import org.einhyrningsins.posix.kernel.CpuArchitecture;
import org.einhyrningsins.posix.kernel.MonitorCode;
import org.einhyrningsins.posix.kernel.PosixException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The program of a monitor: a file in memory, in ELF, of a few hundred bytes of code and the list
/// of what its child does. The monitor is the parent of a process whose end must be known even if
/// no manager lives at that moment: it waits, and writes into a file how the process ended
/// ([MonitorRecord]). It runs as the manager's user, outside the reach of the process's own.
///
/// Addresses and layout: src/main/asm/monitor-x86_64.s.
final class MonitorImage {
    /// Name of the process in ps(1).
    static final String NAME = "einhyrn-monitor";

    private static final long CODE = 0x1000_0000L;
    private static final int SPAWN = 0x100;
    private static final long DATA = 0x1010_0000L;
    private static final int RECORD_PAGE = 4096;

    /// Address of the list of what the child does.
    static final long LIST = DATA + RECORD_PAGE;

    private static final int FILE_ALIGNMENT = 0x1_0000; // the largest page of aarch64
    private static final int ELF_HEADER = 64;
    private static final int SEGMENT_HEADER = 56;
    private static final int SEGMENTS = 3;
    private static final int LOAD = 1;
    private static final int STACK = 0x6474_e551; // PT_GNU_STACK: not executable
    private static final int EXECUTE = 1;
    private static final int WRITE = 2;
    private static final int READ = 4;
    private static final byte[] IDENT = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    private static final short EXECUTABLE = 2;
    private static final short X86_64 = 62;
    private static final short AARCH64 = 183;

    private MonitorImage() {}

    private static final class Programs {
        /// False with vm.memfd_noexec=2, or in a seccomp filter that forbids it.
        static final boolean ALLOWED = allowed();

        private static boolean allowed() {
            try {
                Descriptors.close(MemoryFiles.program(NAME, new byte[0]));
                return true;
            } catch (PosixException e) {
                return false;
            }
        }
    }

    /// True if the machine executes programs that are in memory.
    static boolean isAllowed() {
        return Programs.ALLOWED;
    }

    /// Makes the program.
    ///
    /// @param record the number under which the monitor has the descriptor of its record
    /// @return a descriptor of it, close-on-exec; the caller closes it
    static int make(ChildProgram list, int record) {
        CpuArchitecture machine = CpuArchitecture.current();
        byte[] spawn = MonitorCode.spawn(machine);
        byte[] monitor = MonitorCode.monitor(machine);
        ByteBuffer content = list.content();
        int code = SPAWN + spawn.length + monitor.length;
        int data = RECORD_PAGE + content.remaining();
        ByteBuffer image =
                ByteBuffer.allocate(FILE_ALIGNMENT + data).order(ByteOrder.nativeOrder());
        header(image, machine, CODE + SPAWN + spawn.length);
        segment(image, 0, LOAD, READ | EXECUTE, 0, CODE, code);
        segment(image, 1, LOAD, READ | WRITE, FILE_ALIGNMENT, DATA, data);
        segment(image, 2, STACK, READ | WRITE, 0, 0, 0);
        image.put(SPAWN, spawn).put(SPAWN + spawn.length, monitor);
        image.putLong(FILE_ALIGNMENT, record);
        image.put(FILE_ALIGNMENT + RECORD_PAGE, content, 0, content.remaining());
        return MemoryFiles.program(NAME, image.array());
    }

    private static void header(ByteBuffer image, CpuArchitecture machine, long entry) {
        image.put(0, IDENT);
        image.putShort(16, EXECUTABLE);
        image.putShort(18, machine == CpuArchitecture.X86_64 ? X86_64 : AARCH64);
        image.putInt(20, 1).putLong(24, entry).putLong(32, ELF_HEADER);
        image.putShort(52, (short) ELF_HEADER).putShort(54, (short) SEGMENT_HEADER);
        image.putShort(56, (short) SEGMENTS);
    }

    private static void segment(
            ByteBuffer image, int index, int type, int rights, int at, long address, int bytes) {
        int header = ELF_HEADER + index * SEGMENT_HEADER;
        image.putInt(header, type).putInt(header + 4, rights).putLong(header + 8, at);
        image.putLong(header + 16, address).putLong(header + 24, address);
        image.putLong(header + 32, bytes).putLong(header + 40, bytes);
        image.putLong(header + 48, FILE_ALIGNMENT);
    }
}
