// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// What a monitor writes of the process that it waited for, and the names of that process's steps,
/// which the manager writes behind it before: whoever reads the file later knows which one failed.
///
/// Its first bytes are 0 until then. A file that stays so says that the monitor itself was killed.
public final class MonitorRecord {
    /// Maximum size of a file, in bytes.
    public static final int MAX_BYTES = 64 * 1024;

    private static final int BYTES = 184;
    private static final int STEPS = 256;
    private static final int ERRNO = 8;
    private static final int ENTRY = 16;
    private static final int CODE = 64;
    private static final int STATUS = 80;
    private static final int CLD_EXITED = 1;
    private static final int CLD_DUMPED = 3;

    /// The end of the process.
    ///
    /// @param code exit status; 0 if a signal ended it
    /// @param signal the signal that ended it; 0 for none
    /// @param core true if a core was dumped
    /// @param failure why its program did not begin, with the step that failed; null if it did
    public record End(int code, int signal, boolean core, @Nullable String failure) {}

    private MonitorRecord() {}

    /// Writes the names of the steps.
    ///
    /// @param file descriptor of an empty file
    static void writeSteps(int file, List<String> steps) {
        byte[] text = String.join("\n", steps).getBytes(StandardCharsets.UTF_8);
        ByteBuffer record = ByteBuffer.allocate(Math.min(STEPS + text.length, MAX_BYTES));
        record.put(STEPS, text, 0, record.capacity() - STEPS);
        while (record.hasRemaining()) {
            Descriptors.write(file, record);
        }
    }

    /// Reads what a monitor wrote.
    ///
    /// @return null if it has written nothing yet, or never will
    public static @Nullable End read(byte[] file) {
        if (file.length < BYTES) {
            return null;
        }
        ByteBuffer record = ByteBuffer.wrap(file).order(ByteOrder.nativeOrder());
        long pid = record.getLong(0);
        if (pid == 0) {
            return null;
        }
        if (pid < 0) {
            return new End(-1, 0, false, "clone: " + Errno.describe((int) -pid));
        }
        int errno = (int) record.getLong(ERRNO);
        if (errno != 0) {
            String failure = step(file, record.getLong(ENTRY)) + ": " + Errno.describe(errno);
            return new End(-1, 0, false, failure);
        }
        int code = record.getInt(CODE);
        int status = record.getInt(STATUS);
        return code == CLD_EXITED
                ? new End(status, 0, false, null)
                : new End(0, status, code == CLD_DUMPED, null);
    }

    private static String step(byte[] file, long entry) {
        int index = ChildProgram.index(entry, MonitorImage.LIST);
        byte[] text = Arrays.copyOfRange(file, Math.min(STEPS, file.length), file.length);
        String[] steps = new String(text, StandardCharsets.UTF_8).split("\n", -1);
        return index >= 0 && index < steps.length ? steps[index] : "a step before its program";
    }
}
