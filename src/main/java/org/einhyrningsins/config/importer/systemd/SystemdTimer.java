// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.schedule.ScheduleSpec;

import java.time.Duration;
import java.util.List;

/// Imports a timer unit: its calendar event becomes the schedule of the job that it starts.
record SystemdTimer(SystemdImporter.Unit timer, ImportedProgram program) {
    /// Writes the schedule, or why there is none.
    ///
    /// @param otherwise what starts the program then
    void write(String otherwise) {
        ForeignSection settings = timer.section("Timer");
        List<ForeignSetting> events = settings.takeAll("OnCalendar"::equals);
        List<ForeignSetting> spans =
                settings.takeAll(key -> key.matches("On.+Sec|OnClockChange|OnTimezoneChange"));
        String none =
                !timer.sections().containsKey("Timer")
                        ? "give that file, too, and its times are carried over; "
                        : "";
        if (events.isEmpty() && spans.isEmpty()) {
            program.blocks(null, "it is started by " + timer.name() + "; " + none + otherwise);
            return;
        }
        for (ForeignSetting span : spans) {
            program.blocks(span, "a schedule is by the clock; " + otherwise);
        }
        if (events.size() > 1) {
            program.blocks(events.get(1), "a job has one schedule; " + otherwise);
        } else if (spans.isEmpty() && event(events.getFirst(), otherwise)) {
            settings.takeRest().forEach(this::setting);
        }
        for (ForeignSection section : timer.sections().values()) {
            for (ForeignSetting setting : section.takeRest()) {
                program.comment("schedule", setting, "see what starts it");
            }
        }
    }

    /// @return false if there is no schedule
    private boolean event(ForeignSetting setting, String otherwise) {
        try {
            SystemdCalendar.Event event = SystemdCalendar.event(setting.value());
            program.never(true);
            program.text("schedule", event.cron());
            program.comment("schedule", setting, "in cron's fields");
            if (!event.zone().isEmpty()) {
                program.text("time-zone", event.zone());
            }
            return true;
        } catch (ValueException e) {
            program.blocks(setting, e.reason() + "; " + otherwise);
            return false;
        }
    }

    private void setting(ForeignSetting setting) {
        switch (setting.key()) {
            case "Persistent" -> {
                program.set("catch-up", Boolean.toString(setting.isTrue()));
                program.comment("catch-up", setting, "see catch-up");
            }
            case "RandomizedDelaySec" -> jitter(setting);
            case "Unit", "AccuracySec" -> program.comment("schedule", setting, "as it is here");
            default -> program.lost("schedule", setting, "there is no such thing here");
        }
    }

    private void jitter(ForeignSetting setting) {
        try {
            Duration jitter = SystemdValues.time(setting.value());
            if (jitter == null || jitter.compareTo(ScheduleSpec.MAX_JITTER) > 0) {
                program.lost("schedule", setting, "a day is the most");
            } else if (!jitter.isZero()) {
                program.set("jitter", ImportedValues.time(jitter));
                program.comment("jitter", setting, "see jitter");
            }
        } catch (ValueException e) {
            program.lost("schedule", setting, e.reason());
        }
    }
}
