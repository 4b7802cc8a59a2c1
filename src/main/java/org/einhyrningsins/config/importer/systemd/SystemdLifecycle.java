// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// Writes when a unit is up, how it comes back, how it is stopped, and where its output goes.
/// Source: systemd.service(5), systemd.kill(5), systemd.exec(5).
final class SystemdLifecycle {
    /// DefaultTimeoutStartSec= and DefaultTimeoutStopSec=.
    private static final Duration USUAL_PATIENCE = Duration.ofSeconds(90);

    /// DefaultRestartSec=.
    private static final Duration USUAL_DELAY = Duration.ofMillis(100);

    /// DefaultStartLimitBurst= and DefaultStartLimitIntervalSec=.
    private static final int USUAL_BURST = 5;

    private static final Duration USUAL_INTERVAL = Duration.ofSeconds(10);
    private static final Duration FOREVER = SystemdSettings.FOREVER;

    private final SystemdSettings settings;
    private final SystemdSettings ofUnit;
    private final ImportedProgram program;
    private final String type;
    private final @Nullable ForeignSetting startTimeout;
    private final @Nullable ForeignSetting stopTimeout;

    /// @param unit the section `[Unit]`
    /// @param type as in `notify`
    SystemdLifecycle(SystemdSettings settings, ForeignSection unit, String type) {
        this.settings = settings;
        this.program = settings.program();
        this.ofUnit = new SystemdSettings(unit, settings.texts(), program);
        this.type = type;
        List<ForeignSetting> timeouts =
                settings.section().takeAll(key -> key.matches("Timeout(Start|Stop|)Sec"));
        this.startTimeout = lastOf(timeouts, "TimeoutStartSec");
        this.stopTimeout = lastOf(timeouts, "TimeoutStopSec");
        for (ForeignSetting foreignSetting : timeouts) {
            boolean stops = foreignSetting.equals(stopTimeout);
            if (!stops && !foreignSetting.equals(startTimeout)) {
                program.same(foreignSetting, "another one that comes later counts");
            } else if (foreignSetting.value().isEmpty()) {
                program.same(foreignSetting, "nothing, so the default");
            } else if (!stops && !isNotify()) {
                program.same(foreignSetting, "nothing is waited for with that Type=");
            }
        }
    }

    /// TimeoutSec= says both, as if each were written.
    private static @Nullable ForeignSetting lastOf(List<ForeignSetting> timeouts, String key) {
        ForeignSetting last = null;
        for (ForeignSetting foreignSetting : timeouts) {
            boolean counts =
                    foreignSetting.key().equals(key) || foreignSetting.key().equals("TimeoutSec");
            last = counts ? foreignSetting : last;
        }
        return last;
    }

    void write() {
        ack();
        restarting();
        stopping();
        output();
        watching();
    }

    private boolean isNotify() {
        return type.startsWith("notify");
    }

    private void ack() {
        if (isNotify()) {
            Duration timeout = patience("ack", startTimeout);
            program.set("ack", "{ mode: notify, timeout: " + ImportedValues.time(timeout) + " }");
        }
    }

    /// Zero is no limit, for historical reasons.
    private Duration patience(String key, @Nullable ForeignSetting foreignSetting) {
        boolean given = foreignSetting != null && !foreignSetting.value().isEmpty();
        Duration time =
                given && foreignSetting != null
                        ? settings.time(key, foreignSetting)
                        : USUAL_PATIENCE;
        return time == null ? USUAL_PATIENCE : time.isZero() ? FOREVER : time;
    }

    // ---- how it comes back

    private void restarting() {
        ForeignSetting foreignSetting = settings.last("Restart");
        String word = foreignSetting == null ? "no" : foreignSetting.value();
        String when =
                switch (word) {
                    case "no" -> "never";
                    case "always", "on-success" -> "always";
                    case "on-failure", "on-abnormal", "on-abort", "on-watchdog" -> "on-failure";
                    default -> "";
                };
        if (foreignSetting != null && when.isEmpty()) {
            program.lost("restart", foreignSetting, "not a word that is known here");
        } else if (foreignSetting != null && !word.equals("no") && !word.equals(when)) {
            program.differs(
                    "restart", foreignSetting, "deaths are told apart by status 0 alone: " + when);
        }
        boolean isSocketed = program.firstSocket() != null && when.equals("never");
        if (isSocketed && !type.equals("oneshot")) {
            program.comment(
                    "restart", "always, as the next connection starts it again under systemd");
        }
        String known =
                isSocketed && !type.equals("oneshot") ? "always" : when.isEmpty() ? "never" : when;
        statuses(known);
        String rest = delay(known.equals("never")) + limit(known.equals("never"));
        if (known.equals("never")) {
            program.never(type.equals("oneshot"));
        } else {
            program.set("restart", "{ when: " + known + rest + " }");
        }
    }

    private void statuses(String when) {
        for (String key :
                List.of(
                        "SuccessExitStatus",
                        "RestartPreventExitStatus",
                        "RestartForceExitStatus")) {
            ForeignSetting foreignSetting = settings.last(key);
            boolean moot =
                    switch (key) {
                        case "SuccessExitStatus" -> when.equals("always");
                        case "RestartPreventExitStatus" -> when.equals("never");
                        default ->
                                when.equals("always")
                                        || (when.equals("on-failure") && isFailure(foreignSetting));
                    };
            if (foreignSetting != null && moot) {
                program.same(foreignSetting, "it changes nothing with that Restart=");
            } else if (foreignSetting != null) {
                program.lost("restart", foreignSetting, "only status 0 is told from the others");
            }
        }
    }

    private static boolean isFailure(@Nullable ForeignSetting statuses) {
        return statuses != null && statuses.value().matches("([1-9][0-9]*\\s*)+");
    }

    /// systemd waits the same time before each start, whatever came before.
    private String delay(boolean never) {
        ForeignSetting foreignSetting = settings.last("RestartSec");
        ForeignSetting longest = settings.last("RestartMaxDelaySec");
        ForeignSetting steps = settings.last("RestartSteps");
        if (never) {
            for (ForeignSetting moot : new ForeignSetting[] {foreignSetting, longest, steps}) {
                if (moot != null) {
                    program.same(moot, "it changes nothing without Restart=");
                }
            }
            return "";
        }
        Duration given =
                foreignSetting == null ? USUAL_DELAY : settings.time("restart", foreignSetting);
        Duration first = given == null ? USUAL_DELAY : given;
        boolean grows = longest != null && steps != null;
        Duration max = grows && longest != null ? settings.time("restart", longest) : null;
        if (steps != null) {
            program.differs("restart", steps, "the delay doubles, up to the longest one");
        } else if (longest != null) {
            program.same(longest, "without RestartSteps= it changes nothing");
        }
        Duration from = first.toMillis() == 0 ? Duration.ofMillis(1) : first;
        Duration to = max == null || max.compareTo(from) < 0 ? from : max;
        if (foreignSetting != null && first.compareTo(USUAL_DELAY) > 0) {
            program.differs(
                    "restart",
                    foreignSetting,
                    "no wait after a death of one that was up for 10 seconds");
        }
        String factor = to.equals(from) ? "1" : "2";
        return ", " + ImportedValues.backoff(from, factor, to) + ", burst: 0";
    }

    /// Returns a setting that may stand in either section, by its older names too; null if it is
    /// absent.
    private @Nullable ForeignSetting eitherSection(String key) {
        ForeignSetting inUnit = ofUnit.last(key);
        ForeignSetting inService = settings.last(key);
        if (inUnit != null && inService != null) {
            program.same(inService, "overruled by " + inUnit.place());
        }
        return inUnit == null ? inService : inUnit;
    }

    /// Returns the limit of starts: after so many in so much time systemd refuses the next one.
    private String limit(boolean never) {
        ForeignSetting burst = eitherSection("StartLimitBurst");
        ForeignSetting newer = eitherSection("StartLimitIntervalSec");
        ForeignSetting older = eitherSection("StartLimitInterval");
        ForeignSetting interval = newer == null ? older : newer;
        if (newer != null && older != null) {
            program.same(older, "overruled by " + newer.place());
        }
        if (never) {
            for (ForeignSetting moot : new ForeignSetting[] {burst, interval}) {
                if (moot != null) {
                    program.same(moot, "nothing is restarted");
                }
            }
            return "";
        }
        Integer deaths = burst == null ? null : program.number("restart", burst, 0, 10_000);
        Duration within = interval == null ? USUAL_INTERVAL : settings.time("restart", interval);
        int count = deaths == null ? USUAL_BURST : deaths;
        if (count == 0 || within == null || within.isZero()) {
            program.comment("restart", "without a limit of starts, as the unit says");
            return "";
        }
        return ", " + ImportedValues.giveUp(count, within);
    }

    // ---- how it goes

    private void stopping() {
        Signal signal = program.signal(settings.last("KillSignal"), Signal.TERM);
        Duration patience = patience("stop", stopTimeout);
        ForeignSetting foreignSetting = settings.last("KillMode");
        String mode = foreignSetting == null ? "control-group" : foreignSetting.value();
        switch (mode) {
            case "mixed" -> program.stop(signal, patience);
            case "control-group" -> program.stop(signal, patience, true);
            default -> {
                program.stop(signal, patience);
                if (foreignSetting != null) {
                    program.differs(
                            "stop", foreignSetting, "the last signal, KILL, goes to its group");
                }
            }
        }
        if (foreignSetting != null && mode.matches("mixed|control-group")) {
            program.comment("stop", foreignSetting, "as it is here");
        }
    }

    // ---- what it writes

    private void output() {
        ForeignSetting out = settings.last("StandardOutput");
        ForeignSetting err = settings.last("StandardError");
        String kind = out == null ? "" : log(out);
        String other = err == null ? "inherit" : err.value();
        boolean same =
                err != null
                        && (other.equals("inherit")
                                || (out != null && other.equals(out.value()))
                                || (kind.equals("journal") && isJournal(other)));
        if (err != null && (same || (kind.isEmpty() && isJournal(other)))) {
            program.same(err, "it goes where standard output goes");
        } else if (err != null && kind.isEmpty()) {
            program.lost("logs", err, "logs is for standard output and standard error alike");
        } else if (err != null) {
            program.lost("logs", err, "standard error goes where standard output goes, see logs");
        }
        ForeignSetting name = settings.last("SyslogIdentifier");
        if (name != null && kind.equals("journal") && !name.value().equals(program.name())) {
            program.differs("logs", name, "in the journal it is " + program.name());
        } else if (name != null) {
            program.same(name, "what is written has the program's name in the journal, or none");
        }
        input();
    }

    private void input() {
        ForeignSetting in = settings.last("StandardInput");
        String socket = program.firstSocket();
        if (in != null && in.value().equals("socket") && socket != null) {
            program.text("stdin", socket);
        } else if (in != null && in.value().equals("socket")) {
            program.blocks(in, "the program has no socket");
        } else if (in != null && in.value().equals("null")) {
            program.same(in, "/dev/null, as it is here");
        } else if (in != null) {
            program.lost("stdin", in, "standard input is /dev/null, or a socket");
        }
    }

    private static boolean isJournal(String value) {
        return value.matches("(journal|syslog|kmsg)([+]console)?");
    }

    /// Says where its output goes.
    ///
    /// @return the kind of place: journal, other, or empty for the manager's own
    private String log(ForeignSetting foreignSetting) {
        String value = foreignSetting.value();
        int colon = value.indexOf(':');
        String kind = colon < 0 ? value : value.substring(0, colon);
        switch (kind.toLowerCase(Locale.ROOT)) {
            case "null" -> program.set("logs", "null");
            case "inherit" -> {
                program.same(foreignSetting, "where the manager's own output goes");
                return "";
            }
            case "journal", "journal+console", "syslog", "syslog+console", "kmsg" -> {
                program.set("logs", "journal");
                if (!kind.equals("journal")) {
                    program.comment(
                            "logs", foreignSetting, "the journal, where systemd brings it too");
                }
                return "journal";
            }
            case "file", "append", "truncate" ->
                    file(foreignSetting, kind, value.substring(colon + 1));
            default ->
                    program.lost(
                            "logs",
                            foreignSetting,
                            "output goes where the manager's goes, see logs");
        }
        return "other";
    }

    private void file(ForeignSetting foreignSetting, String kind, String text) {
        String path = settings.specified(foreignSetting.withValue(text));
        if (path != null && path.startsWith("/")) {
            program.text("logs", path);
            if (!kind.equals("append")) {
                program.differs("logs", foreignSetting, "what is written is appended");
            }
        } else if (path != null) {
            program.lost("logs", foreignSetting, "expected the path of a file");
        }
    }

    // ---- what watches it

    private void watching() {
        span("WatchdogSec", "watchdog");
        span("RuntimeMaxSec", "max-age");
        new SystemdCgroup(settings, program).write();
    }

    private void span(String key, String ours) {
        ForeignSetting foreignSetting = settings.last(key);
        Duration time = foreignSetting == null ? null : settings.time(ours, foreignSetting);
        if (foreignSetting != null && time != null && (time.isZero() || time.equals(FOREVER))) {
            program.same(foreignSetting, "as it is here");
        } else if (foreignSetting != null && time != null) {
            program.set(ours, ImportedValues.time(time));
        }
    }
}
