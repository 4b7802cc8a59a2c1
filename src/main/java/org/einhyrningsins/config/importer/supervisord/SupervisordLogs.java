// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Imports where a program of supervisord writes.
final class SupervisordLogs {
    private static final long USUAL_BYTES = 50L << 20;
    private static final int USUAL_BACKUPS = 10;
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})(KB|MB|GB)?");

    private static final Set<String> TO_MANAGER =
            Set.of("NONE", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2");

    private final ImportedProgram program;
    private final ForeignSection settings;
    private final SupervisordVariables texts;
    private final @Nullable Integer number;

    SupervisordLogs(SupervisordContext context) {
        this.program = context.program();
        this.settings = context.settings();
        this.texts = context.texts();
        this.number = context.number();
    }

    void write() {
        ForeignSetting redirect = settings.take("redirect_stderr");
        ForeignSetting out = settings.take("stdout_logfile");
        ForeignSetting err = settings.take("stderr_logfile");
        if (out != null) {
            log(out);
        }
        bounds(settings.take("stdout_logfile_maxbytes"), settings.take("stdout_logfile_backups"));
        boolean merged = redirect != null && redirect.isTrue();
        boolean apart = !program.log().path().isEmpty() && !merged;
        if (redirect != null) {
            program.same(redirect, "see logs, which is for both streams");
        }
        if (err != null && merged) {
            program.same(err, "with redirect_stderr it changes nothing");
        } else if (err != null && isWhereOutputIs(err, out)) {
            program.same(err, "it goes where standard output goes");
        } else if (err != null && err.value().equals("AUTO")) {
            program.differs("logs", err, "there are no log files but those that are named");
        } else if (err != null) {
            program.lost("logs", err, "logs is for standard output and standard error alike");
        } else if (apart) {
            program.comment("logs", "standard error goes there too");
        }
        otherStreams();
    }

    /// Inherited streams stay two; all else is one.
    private boolean isWhereOutputIs(ForeignSetting err, @Nullable ForeignSetting out) {
        String place = out == null ? "" : out.value();
        boolean inherited = TO_MANAGER.contains(place) && TO_MANAGER.contains(err.value());
        return err.value().equals(place)
                || (inherited && place.equals("NONE") == err.value().equals("NONE"));
    }

    private void log(ForeignSetting foreignSetting) {
        String value = foreignSetting.value();
        if (value.equals("AUTO")) {
            program.differs(
                    "logs", foreignSetting, "there are no log files but those that are named");
            return;
        } else if (value.equals("syslog")) {
            program.set("logs", "journal");
            program.differs("logs", foreignSetting, "the journal of systemd, where there is one");
            return;
        }
        try {
            boolean perSlot = number == null && SupervisordVariables.hasNumber(value);
            String path = perSlot ? texts.perSlot(value) : texts.expanded(value);
            if (path.equals("NONE")) {
                program.set("logs", "null");
            } else if (TO_MANAGER.contains(path)) {
                program.set("logs", "inherit");
            } else {
                program.log().file(path);
            }
            if (perSlot && SupervisordVariables.needsNumber(value)) {
                program.differs(
                        "logs", foreignSetting, "the number in the name has no more digits");
            }
        } catch (ValueException e) {
            program.lost("logs", foreignSetting, e.reason());
        }
    }

    /// A file is bounded where nothing is said, too.
    private void bounds(@Nullable ForeignSetting most, @Nullable ForeignSetting backups) {
        boolean file = !program.log().path().isEmpty();
        for (ForeignSetting foreignSetting : Arrays.asList(most, backups)) {
            if (foreignSetting != null && !file) {
                program.same(foreignSetting, "only a file is put aside");
            }
        }
        Long bytes = most == null ? Long.valueOf(USUAL_BYTES) : bytes(most);
        if (!file) {
            return;
        }
        int keep = program.log().keep(backups, USUAL_BACKUPS);
        if (bytes == null || bytes == 0) {
            return;
        }
        if (most == null) {
            program.comment("supervisord begins a new log file at 50MB where nothing is said");
        }
        if (keep == 0 && backups != null) {
            program.differs("logs", backups, "one is kept at least");
        }
        program.log().rotatedFile(bytes, Math.max(1, keep), "");
    }

    /// Parses a size as supervisord does: a number, and KB, MB or GB.
    private @Nullable Long bytes(ForeignSetting foreignSetting) {
        Matcher size = SIZE.matcher(foreignSetting.value().toUpperCase(Locale.ROOT));
        if (!size.matches()) {
            program.lost("logs", foreignSetting, "expected a size such as 50MB");
            return null;
        }
        String unit = size.group(2) == null ? "" : size.group(2);
        long bytes = Long.parseLong(size.group(1)) << (10 * " KMG".indexOf(first(unit)));
        if (bytes > 0 && bytes < LogsSpec.LEAST_BYTES) {
            program.lost("logs", foreignSetting, "expected 4KB at least");
            return null;
        }
        return bytes;
    }

    private static char first(String unit) {
        return unit.isEmpty() ? ' ' : unit.charAt(0);
    }

    private void otherStreams() {
        for (ForeignSetting foreignSetting :
                settings.takeAll(key -> key.matches("std(out|err)_.*"))) {
            String kind = foreignSetting.key().substring("stdout_".length());
            boolean off =
                    foreignSetting.value().equals("0")
                            || Boolean.FALSE.equals(foreignSetting.flag());
            if (off) {
                program.same(foreignSetting, "as it is here");
            } else if (kind.startsWith("logfile_")) {
                program.same(
                        foreignSetting, "logs is for standard output and standard error alike");
            } else if (kind.equals("syslog")) {
                program.lost(
                        "logs", foreignSetting, "not to the system's log as well; see journal");
            } else {
                program.lost(
                        "logs", foreignSetting, "there are no events out of what a worker writes");
            }
        }
    }
}
