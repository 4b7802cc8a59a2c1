// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.config.check.ExecutableLookup;
import org.einhyrningsins.config.check.ReleaseLookup;
import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.manager.history.KeptRollbacks;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;

/// Reads the definition and works out what a reload has to do. Changes nothing.
public final class ReloadPlanner {
    private final LaunchOptions options;
    private final ConfigOrigin configOrigin;
    private final LoadEnvironment loadEnvironment;
    private final ConfigFiles configFiles = new ConfigFiles();
    private final ProgramTable programTable;
    private final WorkerSpawner workerSpawner;
    private final ManagerLog managerLog;
    private final PendingConfirmation pendingConfirmation;
    private final Supplier<ServicesSpec> settingsInForce;
    private final ReleaseLookup releaseLookup;

    /// @param settingsInForce the settings that are no program's
    ReloadPlanner(
            LaunchOptions options,
            LoadEnvironment loadEnvironment,
            ProgramTable programTable,
            WorkerSpawner workerSpawner,
            ManagerLog managerLog,
            PendingConfirmation pendingConfirmation,
            Supplier<ServicesSpec> settingsInForce) {
        this.options = options;
        this.configOrigin = options.definition();
        this.loadEnvironment = configFiles.recording(loadEnvironment);
        this.programTable = programTable;
        this.workerSpawner = workerSpawner;
        this.managerLog = managerLog;
        this.pendingConfirmation = pendingConfirmation;
        this.settingsInForce = settingsInForce;
        this.releaseLookup = new ReleaseLookup(new ExecutableLookup(loadEnvironment.environment()));
    }

    /// A reload that is worked out and not begun.
    ///
    /// @param objections why it is refused; none if it is not
    record PlannedReload(ServicesSpec services, ReloadPlan plan, List<String> objections) {}

    /// A reload that cannot be worked out, or not be begun.
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final ExitStatus code;

        Refused(ExitStatus code, String message) {
            super(message);
            this.code = code;
        }

        ExitStatus code() {
            return code;
        }
    }

    /// Name of the file, or the command line, that the definition is read from.
    String definition() {
        return configOrigin.toString();
    }

    /// Reads the definition. What the command line says instead is in it.
    LoadResult load() {
        configFiles.reading();
        LoadResult loadResult =
                switch (configOrigin) {
                    case ConfigOrigin.File file -> ConfigLoader.load(file.path(), loadEnvironment);
                    case ConfigOrigin.CommandLine line ->
                            new LoadResult.Valid(renewed(line.services()), List.of());
                };
        return switch (loadResult) {
            case LoadResult.Valid valid ->
                    new LoadResult.Valid(options.over(valid.services()), valid.warnings());
            case LoadResult.Invalid invalid -> invalid;
        };
    }

    /// The files that the definition is read from.
    ConfigFiles files() {
        return configFiles;
    }

    /// True if what was read is what runs, but for these programs.
    ///
    /// @param given programs that are being reloaded
    boolean changesOnly(Set<String> given, ServicesSpec services) {
        Set<String> names = expanded(given, services);
        ReloadPlan all = withSettings(plan(services.programs(), Set.of()), services);
        return all.settings().isEmpty()
                && all.changes().values().stream()
                        .allMatch(
                                change ->
                                        change.kind() == DefinitionChange.Kind.UNCHANGED
                                                || names.contains(change.program()));
    }

    /// Names of programs, with those of a group in its place: of the file, else of what is in
    /// force.
    private Set<String> expanded(Set<String> names, ServicesSpec file) {
        Map<String, List<String>> groups = new LinkedHashMap<>(settingsInForce.get().groups());
        groups.keySet().removeAll(file.programs().keySet());
        groups.putAll(file.groups());
        return TargetScopes.Groups.names(names, groups);
    }

    private ServicesSpec renewed(ServicesSpec services) {
        SequencedMap<String, ProgramSpec> programs = new LinkedHashMap<>(services.programs());
        programs.replaceAll((name, spec) -> renewed(spec));
        return services.withPrograms(programs);
    }

    /// Returns a definition with the release that its links point at now.
    public ProgramSpec renewed(ProgramSpec spec) {
        return releaseLookup.renewed(spec);
    }

    /// Describes why a definition cannot be rolled to; null if nothing is known to speak against
    /// it.
    @Nullable String objection(ProgramSpec spec) {
        String objection = workerSpawner.objection(spec);
        return objection == null ? null : "'" + spec.name() + "': " + objection;
    }

    /// Reads the definition and works out what a reload would do.
    ///
    /// @param names only these programs, and these roll whether they changed or not; empty for all
    ///   that changed. A command line never changes, and who says reload wants something done: all.
    /// @param reset rollbacks are taken back
    PlannedReload plannedReload(Set<String> names, boolean reset) throws Refused {
        return switch (load()) {
            case LoadResult.Invalid invalid ->
                    throw new Refused(ExitStatus.INVALID, problems(invalid));
            case LoadResult.Valid valid -> plannedReload(valid, names, reset);
        };
    }

    private static String problems(LoadResult.Invalid invalid) {
        StringBuilder text = new StringBuilder();
        for (ConfigProblem configProblem : invalid.problems()) {
            text.append(configProblem.render()).append('\n');
        }
        int count = invalid.problems().size();
        return text.append(count).append(count == 1 ? " problem" : " problems").toString();
    }

    private PlannedReload plannedReload(LoadResult.Valid valid, Set<String> given, boolean reset)
            throws Refused {
        Set<String> names = expanded(given, valid.services());
        requireKnown(names, valid.services());
        for (ConfigProblem warning : valid.warnings()) {
            managerLog.warn("", warning.render());
        }
        Set<String> named =
                names.isEmpty() && configOrigin instanceof ConfigOrigin.CommandLine line
                        ? line.services().programs().keySet()
                        : withTasks(names, valid.services().programs());
        SequencedMap<String, ProgramSpec> file = valid.services().programs();
        KeptRollbacks kept =
                reset ? KeptRollbacks.none(file) : KeptRollbacks.of(programTable, file, names);
        ReloadPlan reloadPlan = plan(kept, kept.without(named));
        reloadPlan = names.isEmpty() ? withSettings(reloadPlan, valid.services()) : reloadPlan;
        return new PlannedReload(valid.services(), reloadPlan, objections(reloadPlan));
    }

    /// Adds the tasks of programs that are named.
    private Set<String> withTasks(Set<String> names, SequencedMap<String, ProgramSpec> file) {
        Set<String> all = new LinkedHashSet<>(names);
        List<ProgramSpec> known = new ArrayList<>(file.values());
        programTable.states().values().forEach(program -> known.add(program.newest()));
        for (ProgramSpec spec : known) {
            if (spec.taskOwner() != null && names.contains(spec.taskOwner())) {
                all.add(spec.name());
            }
        }
        return all;
    }

    private void requireKnown(Set<String> names, ServicesSpec services) throws Refused {
        for (String name : names) {
            if (!services.programs().containsKey(name) && programTable.get(name) == null) {
                String message = programTable.unknown(name) + " and " + configOrigin + " has none";
                throw new Refused(ExitStatus.USAGE, message);
            }
        }
    }

    /// Reasons why a plan cannot be carried out, in words; empty if it can.
    List<String> objections(ReloadPlan reloadPlan) {
        List<String> objections = new ArrayList<>(reloadPlan.objections());
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            ProgramSpec after = definitionChange.after();
            String objection =
                    after == null || definitionChange.kind() == DefinitionChange.Kind.UNCHANGED
                            ? null
                            : objection(after);
            if (objection != null) {
                objections.add(objection);
            }
        }
        return objections;
    }

    /// Works out the way from what there is to these definitions. Sockets that only a version has
    /// that may come back are no obstacle: see [ReloadPreparation#makeWay].
    ReloadPlan plan(SequencedMap<String, ProgramSpec> next, Set<String> named) {
        List<ProgramSpec> inUse = programTable.needed();
        inUse.addAll(pendingConfirmation.definitions());
        ReloadPlan.Now now = new ReloadPlan.Now(programTable.states(), inUse);
        return ReloadPlan.between(now, next, named, DefinitionSettings::of)
                .noting(
                        change ->
                                ReloadMessages.refusal(
                                        change, now.programs().get(change.program())))
                .noting(ReloadMessages::tasks);
    }

    /// The same where some programs stay on rollbacks.
    ReloadPlan plan(KeptRollbacks kept, Set<String> named) {
        return plan(kept.definitions(), named).keeping(kept.rollbacks(), kept.notes());
    }

    /// Adds the changes of settings that are no program's.
    ReloadPlan withSettings(ReloadPlan reloadPlan, ServicesSpec next) {
        return reloadPlan.withSettings(
                DefinitionSettings.of(settingsInForce.get()), DefinitionSettings.of(next));
    }
}
