// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

import org.jspecify.annotations.NullMarked;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/// The rules of the house that the compiler does not keep, for the house in package `root`: the
/// real one, or one built to fall. A room that does not exist yet breaks no rule.
record Walls(String root) {

    /// Who may start a thread, as `room.Class`. Whoever is added says in its documentation why the
    /// manager's loop cannot do the work itself.
    static final Set<String> THREAD_STARTERS =
            Set.of(
                    "cli.terminal.InterruptMessage",
                    "config.value.HostNameLookup",
                    "control.ControlClient",
                    "manager.http.PageRenderer",
                    "manager.output.LogRotator",
                    "manager.output.LogWriterThread",
                    "manager.runtime.DirectoryCalls",
                    "manager.runtime.ProcReader",
                    "posix.file.BackgroundCloser",
                    "posix.kernel.ForwardingThread",
                    "posix.spawn.SystemCallDeputy");

    /// Who may ask what time it is for people: for what is shown, written in a log, or the name or
    /// age of a log file, which has to mean the same after a restart. A step of that clock must
    /// neither end a wait nor prolong it.
    static final Set<String> WALL_READERS =
            Set.of(
                    "manager.FactRecorder",
                    "manager.handover.CrashRecovery",
                    "manager.handover.JournalSpawn",
                    "manager.snapshot.ManagerSnapshot",
                    "manager.history.HistoryStore",
                    "manager.operate.TroubleReports",
                    "manager.output.LinePrefix",
                    "manager.output.RotatingFile",
                    "manager.program.ProgramHost",
                    "manager.program.WorkerTable",
                    "manager.runtime.Clock",
                    "manager.runtime.FactTimes",
                    "manager.runtime.ManagerLog",
                    "manager.runtime.SyslogSender",
                    "manager.spawn.WorkerSpawner",
                    "manager.task.Schedules");

    /// Who may change files of the file system by name. Others may own a directory on the way, and
    /// root must not be led elsewhere: the names are those of
    /// [org.einhyrningsins.posix.file.SafePath], or below /proc. Whoever is added does so too, with
    /// a test that attacks.
    static final Set<String> FILE_CHANGERS =
            Set.of(
                    "manager.runtime.RuntimeFiles",
                    "manager.runtime.StateDirectory",
                    "posix.process.Niceness");

    private static final Map<String, Set<String>> MAY_BE_SEEN_FROM =
            Map.of(
                    "cli", Set.of(),
                    "manager", Set.of("cli"),
                    "core", Set.of("cli", "manager"),
                    "config", Set.of("cli", "manager"),
                    "posix", Set.of("cli", "manager"),
                    "control", Set.of("cli", "manager"),
                    "spec", Set.of("cli", "manager", "core", "config", "posix", "control"));

    /// The rooms inside each large one, lowest first; empty for the package that has the name of
    /// the large one itself. A room may only use those that stand before it, so there is no circle
    /// of rooms either.
    static final Map<String, List<String>> FLOORS =
            Map.of(
                    "spec", List.of("process", "fact", "schedule", "", "manager"),
                    "core", List.of("model", "", "plan", "metric", "observe"),
                    "posix", List.of("kernel", "file", "process", "socket", "spawn", ""),
                    "control", List.of("wire", "report", ""),
                    "config",
                            List.of(
                                    "source",
                                    "yaml",
                                    "value",
                                    "check",
                                    "read",
                                    "print",
                                    "importer",
                                    "importer.supervisord",
                                    "importer.systemd",
                                    "importer.procfile",
                                    ""),
                    "manager",
                            List.of(
                                    "runtime",
                                    "snapshot",
                                    "socket",
                                    "page",
                                    "http",
                                    "output",
                                    "channel",
                                    "spawn",
                                    "control",
                                    "program",
                                    "history",
                                    "handover",
                                    "explain",
                                    "operate",
                                    "task",
                                    ""),
                    "cli", List.of("terminal", "client", "launch", ""));

    Map<String, ArchRule> all() {
        Map<String, ArchRule> rules = new LinkedHashMap<>();
        MAY_BE_SEEN_FROM.keySet().stream()
                .sorted()
                .forEach(room -> rules.put("stairs go down only: " + room, stairsTo(room)));
        FLOORS.keySet().stream()
                .sorted()
                .forEach(room -> rules.put("floors of " + room, floorsOf(room)));
        rules.put("every class is in a room", everyClassIsInARoom());
        rules.put("every class is on a floor", everyClassIsOnAFloor());
        rules.put("every package is @NullMarked", everyPackageIsNullMarked());
        rules.put("core is pure", coreIsPure());
        rules.put("jnr only in posix", only(in("posix"), "jnr..", "com.kenai.jffi.."));
        rules.put(
                "SnakeYAML only in config and for the older dialect",
                only(in("config").or(named(root + ".control.wire.YamlRequest")), "org.yaml.."));
        rules.put("picocli only in cli", only(in("cli"), "picocli.."));
        rules.put("JLine only in cli", only(in("cli"), "org.jline.."));
        rules.put(
                "Jackson only on the wire and in JSON output",
                only(in("control", "cli"), "com.fasterxml.jackson.."));
        rules.put(
                "HTTP's libraries only for its pages",
                only(in("manager.page"), "io.prometheus..", "org.apache.hc.."));
        rules.put("no child but by posix", noProcessBuilder());
        rules.put("only the two doors lead out", onlyTheDoorsLeadOut());
        rules.put("one clock, in manager", oneClock());
        rules.put("no wait by the time of day", noWaitByTheTimeOfDay());
        rules.put("threads start in named places", threadsStartInNamedPlaces());
        rules.put("files are changed in named places", filesAreChangedInNamedPlaces());
        return rules;
    }

    ArchRule rule(String name) {
        return Objects.requireNonNull(all().get(name), name);
    }

    private ArchRule stairsTo(String room) {
        Set<String> upstairs = Objects.requireNonNull(MAY_BE_SEEN_FROM.get(room));
        return noClasses()
                .that(not(in(room)).and(not(in(upstairs.toArray(String[]::new)))))
                .should()
                .dependOnClassesThat(in(room));
    }

    private ArchRule everyClassIsInARoom() {
        return classes()
                .should()
                .resideInAnyPackage(rooms(MAY_BE_SEEN_FROM.keySet().toArray(String[]::new)));
    }

    /// Nobody uses what stands above: a rule with a part for each floor but the highest.
    private ArchRule floorsOf(String room) {
        List<String> floors = Objects.requireNonNull(FLOORS.get(room));
        CompositeArchRule all = null;
        for (int i = 0; i + 1 < floors.size(); i++) {
            String[] above =
                    floors.subList(i + 1, floors.size()).stream()
                            .map(floor -> floor(room, floor))
                            .toArray(String[]::new);
            ArchRule one =
                    noClasses()
                            .that(resideInAnyPackage(floor(room, floors.get(i))))
                            .should()
                            .dependOnClassesThat(resideInAnyPackage(above))
                            .allowEmptyShould(true);
            all = all == null ? CompositeArchRule.of(one) : all.and(one);
        }
        return Objects.requireNonNull(all).allowEmptyShould(true);
    }

    private ArchRule everyClassIsOnAFloor() {
        List<String> floors = new ArrayList<>();
        FLOORS.forEach((room, names) -> names.forEach(name -> floors.add(floor(room, name))));
        return classes().should().resideInAnyPackage(floors.toArray(String[]::new));
    }

    private String floor(String room, String name) {
        return root + "." + room + (name.isEmpty() ? "" : "." + name);
    }

    private static ArchRule everyPackageIsNullMarked() {
        return classes()
                .should(
                        new ArchCondition<JavaClass>("be in a package marked @NullMarked") {
                            @Override
                            public void check(JavaClass item, ConditionEvents events) {
                                boolean marked =
                                        item.getPackage().isAnnotatedWith(NullMarked.class);
                                events.add(
                                        new SimpleConditionEvent(
                                                item,
                                                marked,
                                                item.getName()
                                                        + " is in a package without @NullMarked"));
                            }
                        });
    }

    private ArchRule coreIsPure() {
        var pure =
                resideInAnyPackage(
                        room("core"),
                        room("spec"),
                        "java.lang",
                        "java.lang.annotation",
                        "java.lang.invoke",
                        "java.lang.runtime",
                        "java.time",
                        "java.util",
                        "java.util.function",
                        "java.util.stream",
                        "org.jspecify.annotations",
                        "");
        var impure =
                named(
                        "java.util.Random",
                        "java.util.Timer",
                        "java.util.UUID",
                        "java.lang.Thread",
                        "java.lang.ThreadLocal",
                        "java.lang.Runtime",
                        "java.time.Clock");
        return noClasses()
                .that(in("core"))
                .should()
                .dependOnClassesThat(not(pure).or(impure))
                .orShould()
                .accessTargetWhere(
                        uses("java.lang.Math", "random")
                                .or(uses("java.lang.System", "getenv", "getProperty")));
    }

    private ArchRule only(DescribedPredicate<JavaClass> here, String... packages) {
        return noClasses()
                .that(not(here))
                .should()
                .dependOnClassesThat(resideInAnyPackage(packages));
    }

    /// The JVM's own way takes a thread and reaps what it started, which the manager does. The
    /// command `import`, where no manager runs, may ask node for what a file exports.
    private ArchRule noProcessBuilder() {
        return noClasses()
                .that(not(named(root + ".cli.terminal.NodeScript")))
                .should()
                .dependOnClassesThat(named("java.lang.ProcessBuilder", "java.lang.Process"))
                .orShould()
                .accessTargetWhere(uses("java.lang.Runtime", "exec"));
    }

    private ArchRule onlyTheDoorsLeadOut() {
        return noClasses()
                .that(not(named(root + ".cli.Main", root + ".cli.ControlMain")))
                .should()
                .accessTargetWhere(
                        uses("java.lang.System", "exit")
                                .or(uses("java.lang.Runtime", "exit", "halt")));
    }

    private ArchRule oneClock() {
        var clock =
                uses("java.lang.System", "nanoTime", "currentTimeMillis")
                        .or(uses("java.time.Clock", "systemUTC", "systemDefaultZone", "system"));
        for (String type :
                Set.of(
                        "Instant",
                        "LocalDate",
                        "LocalTime",
                        "LocalDateTime",
                        "OffsetDateTime",
                        "ZonedDateTime")) {
            clock = clock.or(uses("java.time." + type, "now"));
        }
        return classes().should(new BeTheOnlyOneThatReads(clock, in("manager")));
    }

    private ArchRule noWaitByTheTimeOfDay() {
        String[] readers =
                WALL_READERS.stream().map(name -> root + "." + name).toArray(String[]::new);
        return noClasses()
                .that(not(named(readers)))
                .should()
                .accessTargetWhere(uses(root + ".manager.runtime.Clock", "wallMillis"));
    }

    private ArchRule threadsStartInNamedPlaces() {
        String[] starters =
                THREAD_STARTERS.stream().map(name -> root + "." + name).toArray(String[]::new);
        return noClasses()
                .that(not(named(starters)))
                .should()
                .accessTargetWhere(
                        uses(
                                "java.lang.Thread",
                                "<init>",
                                "start",
                                "startVirtualThread",
                                "ofPlatform",
                                "ofVirtual"))
                .orShould()
                .dependOnClassesThat(
                        assignableTo(Executor.class)
                                .or(
                                        named(
                                                Executors.class.getName(),
                                                "java.util.Timer",
                                                "java.util.concurrent.CompletableFuture")));
    }

    private ArchRule filesAreChangedInNamedPlaces() {
        String[] changers =
                FILE_CHANGERS.stream().map(name -> root + "." + name).toArray(String[]::new);
        return noClasses()
                .that(in("manager", "posix", "core", "control", "config"))
                .and(not(named(changers)))
                .should()
                .accessTargetWhere(
                        uses(
                                        "java.nio.file.Files",
                                        "copy",
                                        "createDirectories",
                                        "createDirectory",
                                        "createFile",
                                        "createLink",
                                        "createSymbolicLink",
                                        "delete",
                                        "deleteIfExists",
                                        "move",
                                        "newBufferedWriter",
                                        "newByteChannel",
                                        "newOutputStream",
                                        "setAttribute",
                                        "setLastModifiedTime",
                                        "setOwner",
                                        "setPosixFilePermissions",
                                        "write",
                                        "writeString")
                                .or(uses("java.nio.channels.FileChannel", "open"))
                                .or(uses("java.io.FileOutputStream", "<init>"))
                                .or(uses("java.io.RandomAccessFile", "<init>")));
    }

    private String room(String name) {
        return root + "." + name + "..";
    }

    private String[] rooms(String... names) {
        return Stream.of(names).map(this::room).toArray(String[]::new);
    }

    private DescribedPredicate<JavaClass> in(String... names) {
        return resideInAnyPackage(rooms(names));
    }

    /// The class of one of these names, or one declared inside it.
    private static DescribedPredicate<JavaClass> named(String... names) {
        return DescribedPredicate.describe(
                "is one of " + Set.of(names),
                type ->
                        Stream.of(names)
                                .anyMatch(
                                        n ->
                                                type.getName().equals(n)
                                                        || type.getName().startsWith(n + "$")));
    }

    /// A call of, or a reference to, one of these members of `owner` or a class derived from it.
    private static DescribedPredicate<JavaAccess<?>> uses(String owner, String... members) {
        return DescribedPredicate.describe(
                "uses " + owner + " " + Set.of(members),
                access ->
                        access.getTargetOwner().isAssignableTo(owner)
                                && Set.of(members).contains(access.getTarget().getName()));
    }

    /// At most one class, and that in `room`.
    private static final class BeTheOnlyOneThatReads extends ArchCondition<JavaClass> {

        private final DescribedPredicate<JavaAccess<?>> clock;
        private final DescribedPredicate<JavaClass> room;
        private final Set<String> readers = new TreeSet<>();

        BeTheOnlyOneThatReads(
                DescribedPredicate<JavaAccess<?>> clock, DescribedPredicate<JavaClass> room) {
            super("leave the clock to one class of manager");
            this.clock = clock;
            this.room = room;
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            if (type.getAccessesFromSelf().stream().anyMatch(clock)) {
                readers.add(type.getName());
                events.add(
                        new SimpleConditionEvent(
                                type,
                                room.test(type),
                                type.getName() + " reads the clock outside manager"));
            }
        }

        @Override
        public void finish(ConditionEvents events) {
            events.add(
                    new SimpleConditionEvent(
                            readers,
                            readers.size() <= 1,
                            "several classes read the clock: " + readers));
        }
    }
}
