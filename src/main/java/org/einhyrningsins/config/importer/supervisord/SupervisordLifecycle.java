// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Locale;

/// Imports how a program of supervisord is started, restarted and stopped.
final class SupervisordLifecycle {
    private static final int USUAL_RETRIES = 3;

    private final ImportedProgram program;
    private final ForeignSection settings;
    private final @Nullable Integer number;
    private final int workers;
    private final @Nullable ForeignSetting startsecs;

    SupervisordLifecycle(SupervisordContext context, int workers) {
        this.program = context.program();
        this.settings = context.settings();
        this.number = context.number();
        this.workers = workers;
        this.startsecs = settings.take("startsecs");
    }

    void write() {
        starting();
        restarting();
        stopping();
    }

    private void starting() {
        Integer time =
                startsecs == null ? null : program.number("ack", startsecs, 0, 1_000_000_000);
        if (time != null) {
            String after = ImportedValues.time(Duration.ofSeconds(time));
            program.set("ack", "{ mode: timer, after: " + after + " }");
        }
    }

    private void restarting() {
        ForeignSetting restart = settings.take("autorestart");
        String when =
                switch (restart == null ? "unexpected" : restart.value().toLowerCase(Locale.ROOT)) {
                    case "unexpected" -> "on-failure";
                    case "false", "no", "off", "0", "f", "n" -> "never";
                    case "true", "yes", "on", "1", "t", "y" -> "always";
                    default -> "";
                };
        if (when.isEmpty() && restart != null) {
            program.lost("restart", restart, "expected true, false or unexpected");
        }
        String word = when.isEmpty() ? "on-failure" : when;
        String rest = word.equals("never") ? nothingTried() : giveUp();
        program.set("restart", rest.isEmpty() ? word : "{ when: " + word + rest + " }");
        ForeignSetting codes = settings.take("exitcodes");
        if (codes != null && codes.value().equals("0")) {
            program.same(codes, "as it is here: 0 alone is expected");
        } else if (codes != null && !word.equals("on-failure")) {
            program.same(codes, "with that autorestart it changes nothing");
        } else if (codes != null) {
            program.lost("restart", codes, "0 alone is an expected status here");
        }
    }

    /// Supervisord tries starts again also of what is not restarted; here there is one.
    private String nothingTried() {
        ForeignSetting retries = settings.take("startretries");
        if (retries != null && !"0".equals(retries.value())) {
            program.differs("restart", retries, "a start that fails is not tried again");
        } else if (retries != null) {
            program.same(retries, "as it is here");
        }
        return "";
    }

    /// Returns the limit of failed starts in a row, with the time they take here.
    private String giveUp() {
        ForeignSetting foreignSetting = settings.take("startretries");
        Integer given =
                foreignSetting == null
                        ? Integer.valueOf(USUAL_RETRIES)
                        : program.number("restart", foreignSetting, 0, 1000);
        int retries = given == null ? USUAL_RETRIES : given;
        Integer up = startsecs == null ? null : startsecs.number();
        long start = up == null ? 1 : Math.clamp(up, 0, 86_400);
        long waits = 0;
        for (int i = 0; i < retries; i++) {
            waits += Math.min(30, 1L << Math.min(i, 5));
        }
        int deaths = Math.min(10_000, (retries + 1) * (number == null ? Math.max(1, workers) : 1));
        Duration within = Duration.ofSeconds((retries + 1) * (start + 1) + waits);
        String how =
                "give-up counts the deaths of all its workers, in a time in which so many"
                        + " starts can fail";
        if (foreignSetting != null) {
            program.comment("restart", foreignSetting, "see give-up");
        }
        if (workers > 1 && number == null) {
            program.differs("restart", how);
        }
        return ", backoff: { first: 1s, factor: 2, max: 30s }, "
                + ImportedValues.giveUp(deaths, within);
    }

    private void stopping() {
        Signal signal = program.signal(settings.take("stopsignal"), Signal.TERM);
        ForeignSetting wait = settings.take("stopwaitsecs");
        Integer seconds = wait == null ? null : program.number("stop", wait, 0, 1_000_000_000);
        Duration patience = Duration.ofSeconds(seconds == null ? 10 : seconds);
        ForeignSetting stop = settings.take("stopasgroup");
        boolean group = stop != null && stop.isTrue();
        program.stop(signal, patience, group);
        if (stop != null && group) {
            program.comment("stop", stop, "see stop.to");
        } else if (stop != null) {
            program.same(stop, "the first signal goes to the worker alone");
        }
        ForeignSetting kill = settings.take("killasgroup");
        if (kill != null) {
            program.same(kill, "KILL always goes to the worker's process group");
        }
    }
}
