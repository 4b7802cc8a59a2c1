// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

/// Limits of the size of a configuration, so that no file takes the memory that a running manager
/// needs: its heap is 32 MiB. A thousand programs of the usual size take a fifth of each.
public final class ConfigLimits {
    /// Maximum size of one file.
    static final int MAX_FILE_BYTES = 2 << 20;

    /// Maximum size of all files of one configuration.
    static final int MAX_BYTES = 4 << 20;

    /// An argument or variable that is longer cannot be given to a program (MAX_ARG_STRLEN), and
    /// SnakeYAML is slow on long lines.
    public static final int MAX_TEXT = (128 << 10) - 1;

    /// Values of one file: what stands in its maps and lists, and the keys. An alias counts as much
    /// as what it stands for, so that a few lines cannot mean billions.
    public static final int MAX_FILE_VALUES = 100_000;

    /// Values of all programs together, each with its defaults.
    static final int MAX_VALUES = 200_000;

    static final int MAX_PROGRAMS = 10_000;

    /// Maximum number of sockets of all programs; a process can hardly have more open.
    static final int MAX_SOCKETS = 10_000;

    /// Maximum number of variables in one file; a process can hardly be given more.
    public static final int MAX_VARIABLES = 10_000;

    /// Files that are included.
    public static final int MAX_FILES = 10_000;

    private int bytes = MAX_BYTES;
    private int values = MAX_VALUES;
    private int programs = MAX_PROGRAMS;
    private int sockets = MAX_SOCKETS;
    private int files = MAX_FILES;

    /// Returns the maximum number of bytes of the next file.
    int bytes() {
        return Math.min(MAX_FILE_BYTES, bytes);
    }

    void read(int length) {
        bytes -= length;
    }

    /// Counts values; false if there are too many.
    public boolean takeValues(int number) {
        values -= number;
        return values >= 0;
    }

    /// Counts a program; false if there are too many.
    public boolean takeProgram() {
        programs--;
        return programs >= 0;
    }

    /// Counts sockets; false if there are too many.
    public boolean takeSockets(int number) {
        sockets -= number;
        return sockets >= 0;
    }

    /// Counts a file; false if there are too many.
    public boolean takeFile() {
        files--;
        return files >= 0;
    }
}
