// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.manager;

/// Format and level of the manager's own log.
///
/// @param syslog true if warnings and errors also go to the system's log
public record LogSpec(Level level, Format format, boolean syslog) {
    /// Default: one readable line per event.
    public static final LogSpec DEFAULT = new LogSpec(Level.INFO, Format.TEXT, false);

    /// The same with another level.
    public LogSpec withLevel(Level other) {
        return new LogSpec(other, format, syslog);
    }

    /// Level from silent to talkative; a level includes those before it.
    public enum Level {
        ERROR,
        WARN,
        INFO,
        DEBUG;

        /// The next one that says more; the last is its own.
        public Level louder() {
            return switch (this) {
                case ERROR -> WARN;
                case WARN -> INFO;
                case INFO, DEBUG -> DEBUG;
            };
        }

        /// The next one that says less; the first is its own.
        public Level quieter() {
            return switch (this) {
                case ERROR, WARN -> ERROR;
                case INFO -> WARN;
                case DEBUG -> INFO;
            };
        }
    }

    /// Format of the log: lines of text, or one JSON object a line.
    public enum Format {
        TEXT,
        JSON
    }
}
