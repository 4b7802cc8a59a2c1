// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Imports where a watcher of circus writes.
record CircusLogs(CircusContext context) {
    private static final long MAX_BYTES = 1L << 50;

    void write() {
        for (String stream : List.of("stdout_stream", "stderr_stream")) {
            stream(stream);
        }
        ForeignSetting out = context.settings().take("close_child_stdout");
        ForeignSetting err = context.settings().take("close_child_stderr");
        boolean both = out != null && err != null && out.isTrue() && err.isTrue();
        if (both) {
            context.program().set("logs", "null");
        }
        for (ForeignSetting foreignSetting : new ForeignSetting[] {out, err}) {
            if (foreignSetting != null && foreignSetting.isTrue() && !both) {
                context.program()
                        .lost("logs", foreignSetting, "one of the two alone is not closed");
            } else if (foreignSetting != null && !both) {
                context.program().same(foreignSetting, "as it is here");
            }
        }
        ForeignSetting in = context.settings().take("close_child_stdin");
        if (in != null && in.isTrue()) {
            context.program().same(in, "standard input is /dev/null, as it is here");
        } else if (in != null) {
            context.program().lost(in, "standard input is /dev/null, or a socket by stdin");
        }
    }

    /// Imports an output stream: a file stays a file; all else goes to the manager's output.
    private void stream(String stream) {
        ForeignSetting type = context.settings().take(stream + ".class");
        ForeignSetting file = context.expanded(stream + ".filename");
        String name = type == null ? "FileStream" : type.value();
        String path = file == null ? "" : file.value();
        boolean first = stream.equals("stdout_stream");
        String writes = "workers write there themselves";
        if (!path.isEmpty() && (first || !context.program().has("logs"))) {
            context.program().log().file(path);
            writes = kept(stream) ? "the manager writes there" : writes;
        }
        if (file != null && (first || path.equals(context.program().log().path()))) {
            context.program().same(file, writes);
        } else if (file != null) {
            context.program()
                    .lost("logs", file, "logs is for standard output and standard error alike");
        }
        if (type != null && name.endsWith("FileStream")) {
            context.program().same(type, writes);
        } else if (type != null && name.endsWith("StdoutStream") && first) {
            context.program().set("logs", "inherit");
        } else if (type != null && name.endsWith("StdoutStream")) {
            context.program().differs("logs", type, "standard error goes where it goes, see logs");
        } else if (type != null) {
            context.program()
                    .lost("logs", type, "output goes to a file, or where the manager's does");
        }
        for (ForeignSetting foreignSetting :
                context.settings().takeAll(key -> key.startsWith(stream + "."))) {
            boolean rotates = foreignSetting.key().contains(".rotate_");
            context.program()
                    .lost("logs", foreignSetting, rotates ? "see logs.max-age" : "see logs");
        }
    }

    /// Imports the rotation of the file.
    ///
    /// @return true if the manager writes the file
    private boolean kept(String stream) {
        ForeignSetting most = context.settings().take(stream + ".max_bytes");
        int keep =
                context.program().log().keep(context.settings().take(stream + ".backup_count"), 0);
        long bytes = bytes(most);
        if (most != null && bytes > 0 && keep == 0) {
            context.program().same(most, "it has no effect without backup_count there");
            bytes = 0;
        } else if (most != null && bytes > 0 && bytes < LogsSpec.LEAST_BYTES) {
            context.program().lost("logs", most, "expected 4096 at least");
            bytes = 0;
        }
        ForeignSetting time = context.settings().take(stream + ".time_format");
        if (time != null) {
            context.program().differs("logs", time, "in UTC, as in 2026-01-31T12:00:00.000Z");
        }
        boolean kept = bytes > 0 || time != null;
        if (kept) {
            context.program().log().rotatedFile(bytes, keep, time == null ? "" : "[time, pid]");
        }
        return kept;
    }

    /// 0 if there is no bound.
    private long bytes(@Nullable ForeignSetting most) {
        boolean number = most != null && most.value().matches("[0-9]{1,15}");
        long bytes = number && most != null ? Long.parseLong(most.value()) : 0;
        if (most != null && (!number || bytes > MAX_BYTES)) {
            context.program().lost("logs", most, "expected a number of bytes");
        }
        return bytes > MAX_BYTES ? 0 : bytes;
    }
}
