// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Imports a `[program:x]` or `[fcgi-program:x]` of supervisord.
final class SupervisordProgram {
    /// Maximum number of processes that each become a program of their own.
    private static final int MAX_UNFOLDED = 100;

    private static final String OWN_PORT =
            "old before new, as supervisord restarts it; with bind, if it can take a socket, no"
                    + " request is lost";

    private final ForeignSection foreignSection;
    private final @Nullable ForeignSection group;
    private final Map<String, String> common;
    private final Map<String, String> environment;

    /// @param group the one that the program is in; null for none
    /// @param common values of `%(NAME)s` in every program
    SupervisordProgram(
            ForeignSection foreignSection,
            @Nullable ForeignSection group,
            Map<String, String> common,
            Map<String, String> environment) {
        this.foreignSection = foreignSection;
        this.group = group;
        this.common = common;
        this.environment = environment;
    }

    void write(ImportedServices draft) {
        if (!foreignSection.has("command")) {
            draft.lostWhole(foreignSection, "it has no command");
            return;
        }
        int workers = workers();
        int first = first();
        if (workers > 1 && workers <= MAX_UNFOLDED && isUnfolded(first)) {
            for (int number = first; number < first + workers; number++) {
                String name = foreignSection.title() + "-" + String.format("%02d", number);
                write(draft, name, number, foreignSection.copy());
            }
        } else {
            write(
                    draft,
                    foreignSection.title(),
                    workers == 1 ? first : null,
                    foreignSection.copy());
        }
    }

    private int workers() {
        Integer number = numberOf("numprocs");
        return number == null ? 1 : number;
    }

    private int first() {
        Integer number = numberOf("numprocs_start");
        return number == null ? 0 : number;
    }

    private @Nullable Integer numberOf(String key) {
        ForeignSetting foreignSetting = foreignSection.look(key);
        Integer number = foreignSetting == null ? null : foreignSetting.number();
        return number == null || number < 0 || number > 10_000 ? null : number;
    }

    /// True if the processes differ from each other in something that `${slot}` cannot express.
    private boolean isUnfolded(int first) {
        boolean unfolded = false;
        for (String key : List.of("command", "environment")) {
            String text = valueOf(key);
            unfolded |= SupervisordVariables.needsNumber(text);
            unfolded |= first != 0 && SupervisordVariables.hasNumber(text);
        }
        return unfolded
                || SupervisordVariables.hasNumber(valueOf("directory"))
                || SupervisordVariables.hasNumber(valueOf("socket"));
    }

    private String valueOf(String key) {
        ForeignSetting foreignSetting = foreignSection.look(key);
        return foreignSetting == null ? "" : foreignSetting.value();
    }

    private void write(
            ImportedServices draft,
            String name,
            @Nullable Integer number,
            ForeignSection settings) {
        ImportedProgram program = draft.program(name);
        Map<String, String> names = new HashMap<>(common);
        names.put("program_name", foreignSection.title());
        names.put("group_name", group == null ? foreignSection.title() : group.title());
        names.put("numprocs", Integer.toString(workers()));
        Map<String, String> own = new LinkedHashMap<>();
        SupervisordVariables texts = new SupervisordVariables(names, number, environment, own);
        ForeignSetting variables = settings.take("environment");
        SupervisordEnvironment.write(variables, texts, program);
        own.putAll(SupervisordEnvironment.settled(variables, texts));
        if (group != null) {
            program.comment("was in " + group.name() + " of supervisord");
        }
        new Writing(new SupervisordContext(program, settings, texts, number)).write();
    }

    /// State of the writing of one program.
    private final class Writing {
        private final SupervisordContext context;
        private final ImportedProgram program;
        private final ForeignSection settings;
        private final SupervisordVariables texts;
        private final @Nullable Integer number;

        Writing(SupervisordContext context) {
            this.context = context;
            this.program = context.program();
            this.settings = context.settings();
            this.texts = context.texts();
            this.number = context.number();
        }

        void write() {
            command();
            count();
            identity();
            new SupervisordLifecycle(context, workers()).write();
            new SupervisordLogs(context).write();
            new SupervisordSocket(context).write();
            replacing();
            for (ForeignSetting foreignSetting : settings.takeRest()) {
                if (foreignSetting.key().equals("serverurl")) {
                    program.same(foreignSetting, "workers are told of EINHORN_SOCK_PATH instead");
                } else {
                    program.lost(foreignSetting, whyNot(foreignSetting.key()));
                }
            }
        }

        /// Several processes that differ in nothing share no port of their own, so two versions can
        /// run at once, too.
        private void replacing() {
            String text = valueOf("command") + valueOf("environment");
            boolean several =
                    workers() > 1 && number == null && !SupervisordVariables.hasNumber(text);
            if (program.firstSocket() == null && !several) {
                program.set("rollout", "{ strategy: replace }");
                program.comment("rollout", OWN_PORT);
            }
        }

        private void command() {
            ForeignSetting foreignSetting = settings.take("command");
            String text = foreignSetting == null ? "" : foreignSetting.value();
            try {
                List<String> words = texts.command(text).command();
                program.command(words);
                for (String variable : texts.unset(text)) {
                    program.blocks(
                            foreignSetting, variable + " is not set where this was imported");
                }
            } catch (ValueException e) {
                program.noCommand(Objects.requireNonNull(foreignSetting), e.reason());
            }
        }

        private void count() {
            ForeignSetting workers = settings.take("numprocs");
            ForeignSetting first = settings.take("numprocs_start");
            if (number == null || workers() == 1) {
                program.workers(workers);
            } else if (workers != null) {
                program.comment(
                        "one of the processes of " + workers + ", which differ from each other");
            }
            if (first != null && number == null) {
                program.differs("workers", first, "slots are numbered from 0");
            } else if (first != null) {
                program.comment(first + ": carried over as the number " + number);
            }
            ForeignSetting name = settings.take("process_name");
            if (name != null) {
                program.same(name, "workers are called PROGRAM:SLOT");
            }
            if (number == null && workers() > 1) {
                program.comment("%(process_num)s is ${slot}, which a replaced worker hands on");
            }
            ForeignSetting autostart = settings.take("autostart");
            if (autostart != null && Boolean.FALSE.equals(autostart.flag())) {
                program.idle(List.of(autostart));
            } else if (autostart != null && autostart.isTrue()) {
                program.same(autostart, "as it is here");
            } else if (autostart != null) {
                program.lost("workers", autostart, "not a flag");
            }
            ForeignSetting priority = settings.take("priority");
            if (priority != null) {
                program.same(
                        priority,
                        "carried over as the order of this file; there, too, none waits for the"
                                + " one before");
            }
        }

        private void identity() {
            program.setAccount("user", context.expanded("user"));
            program.text("directory", context.expanded("directory"));
            program.umask(settings.take("umask"));
        }

        private static String whyNot(String key) {
            return switch (key) {
                case "buffer_size", "events", "result_handler" -> "there are no event listeners";
                default -> "nothing here is like it";
            };
        }
    }
}
