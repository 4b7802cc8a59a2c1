// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.control.wire.PlainText;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/// The manager's own log, on stderr: one line for what happened and what comes next.
public final class ManagerLog {
    private final Sink out;
    private static final int MAX_RECENT = 1_000;
    private static final int MAX_RECENT_BYTES = 512 * 1024;

    private final Deque<byte[]> recent = new ArrayDeque<>();
    private int recentBytes;
    private LogSpec spec;
    private @Nullable SyslogSender syslogSender;

    /// Takes whole lines.
    public interface Sink {
        /// A line with its end.
        void write(byte[] line);
    }

    public ManagerLog(Sink out, LogSpec spec) {
        this.out = out;
        this.spec = spec;
    }

    public void configure(LogSpec next) {
        spec = next;
    }

    public LogSpec spec() {
        return spec;
    }

    public void error(String subject, String message) {
        write(LogSpec.Level.ERROR, subject, message);
    }

    public void warn(String subject, String message) {
        write(LogSpec.Level.WARN, subject, message);
    }

    public void info(String subject, String message) {
        write(LogSpec.Level.INFO, subject, message);
    }

    public void debug(String subject, String message) {
        write(LogSpec.Level.DEBUG, subject, message);
    }

    /// Logs an internal error that was survived, with its trace for a bug report.
    public void internalError(String subject, RuntimeException thrown) {
        StringBuilder trace = new StringBuilder("our own bug, please report it: ").append(thrown);
        for (StackTraceElement element : thrown.getStackTrace()) {
            trace.append("\n    at ").append(element);
        }
        write(LogSpec.Level.ERROR, subject, trace.toString());
    }

    /// Writes a line, if its level is logged.
    ///
    /// @param subject the program or worker it is about; empty for the manager itself
    public void write(LogSpec.Level level, String subject, String message) {
        write(level, subject, FactKind.NOTE, message);
    }

    /// Writes a line of a fact, if its level is logged.
    public void write(LogSpec.Level level, String subject, FactKind kind, String message) {
        if (level.compareTo(spec.level()) > 0) {
            return;
        }
        StringBuilder line = new StringBuilder(message.length() + 64);
        if (spec.format() == LogSpec.Format.JSON) {
            json(line, level, subject, kind, message);
        } else {
            text(line, level, subject, message);
        }
        if (spec.syslog() && level.compareTo(LogSpec.Level.WARN) <= 0) {
            toSystem(level, subject, message);
        }
        byte[] whole = line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
        remember(whole);
        out.write(whole);
    }

    private void remember(byte[] line) {
        recent.addLast(line);
        recentBytes += line.length;
        while (recent.size() > MAX_RECENT || recentBytes > MAX_RECENT_BYTES) {
            recentBytes -= recent.removeFirst().length;
        }
    }

    /// The last lines, whether or not anybody took them: [#MAX_RECENT] at most.
    public String recent() {
        StringBuilder text = new StringBuilder(recentBytes);
        recent.forEach(line -> text.append(new String(line, StandardCharsets.UTF_8)));
        return text.toString();
    }

    /// Sends a line to syslog; a failure is logged once, and again after each success.
    private void toSystem(LogSpec.Level level, String subject, String message) {
        if (syslogSender == null) {
            syslogSender = new SyslogSender(SyslogSender.SOCKET);
        }
        String trouble =
                syslogSender.send(level, subject.isEmpty() ? message : subject + ": " + message);
        if (trouble != null) {
            LogSpec without = spec;
            spec = new LogSpec(spec.level(), spec.format(), false);
            warn("", trouble);
            spec = without;
        }
    }

    private static void text(
            StringBuilder line, LogSpec.Level level, String subject, String message) {
        Timestamp.append(line, Clock.wallMillis());
        line.append(' ').append(word(level)).append(' ');
        if (!subject.isEmpty()) {
            line.append(subject).append(": ");
        }
        line.append(PlainText.lines(message)); // the last lines of a worker may be in it
    }

    private static void json(
            StringBuilder line,
            LogSpec.Level level,
            String subject,
            FactKind kind,
            String message) {
        line.append("{\"time\":\"");
        Timestamp.append(line, Clock.wallMillis());
        line.append("\",\"level\":\"").append(word(level).strip());
        line.append("\",\"type\":\"").append(kind.word());
        line.append("\",\"subject\":");
        org.einhyrningsins.control.wire.JsonText.quote(line, subject);
        line.append(",\"message\":");
        org.einhyrningsins.control.wire.JsonText.quote(line, message);
        line.append('}');
    }

    /// Returns the word of a level; all have one width, so that subjects stand below each other.
    private static String word(LogSpec.Level level) {
        return switch (level) {
            case ERROR -> "error";
            case WARN -> "warn ";
            case INFO -> "info ";
            case DEBUG -> "debug";
        };
    }
}
