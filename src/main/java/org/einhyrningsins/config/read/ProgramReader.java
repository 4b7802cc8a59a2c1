// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Budget;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Entry;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Paths;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.AddressBook;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.Executables;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.KindHints;
import org.einhyrningsins.config.value.ManagerDeath;
import org.einhyrningsins.config.value.Rights;
import org.einhyrningsins.config.value.ShellHabits;
import org.einhyrningsins.config.value.Suggestions;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.config.value.Templates;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.BondSpec;
import org.einhyrningsins.spec.BondSpec.WorkerSocket;
import org.einhyrningsins.spec.CgroupSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Protocol;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.Template;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Reads one program.
final class ProgramReader {
    private static final int MAX_WORKERS = 10_000;
    private static final String NICE = "a niceness from -20 (served first) to 19 (served last)";

    private final Path main;
    private final Path base;
    private final Surroundings surroundings;
    private final People people;
    private final AddressBook book;
    private final Budget budget;
    private final Map<Path, SequencedMap<String, Template>> envFiles = new HashMap<>();
    private final Executables executables;
    private final LogPlaces logs = new LogPlaces();

    /// Of the program that is being read.
    private final List<Path> ownEnvFiles = new ArrayList<>();

    /// Why the one that is being read cannot be started; null if nothing is known.
    private @Nullable String obstacle;

    private final Problems problems;
    private final Values values;

    /// @param main the main file, as the user named it
    /// @param base the directory of the main file, absolute: where every relative path begins
    ProgramReader(
            Path main,
            Path base,
            Surroundings surroundings,
            AddressBook book,
            Budget budget,
            Values values) {
        this.main = main;
        this.base = base;
        this.surroundings = surroundings;
        this.people = new People(surroundings);
        this.book = book;
        this.budget = budget;
        this.executables = new Executables(surroundings.environment());
        this.problems = values.problems();
        this.values = values;
    }

    ProgramSpec read(String name, Node node) {
        Fields program = values.fields(node, Shape.PROGRAM, "a map that describes the program");
        program.require("command");
        List<SocketSpec> sockets =
                new SocketReader(base, people, book, budget, surroundings.rights(), values)
                        .read(program.node("bind"), name);
        Templates templates = new Templates(name, surroundings.environment(), sockets);
        Path directory = directory(program);
        int workers = workers(program.node("workers"));
        Set<Protocol> protocols = protocols(program);
        BondSpec bond = bond(program);
        AckSpec ack =
                new AckReader(values, templates, workers, bond.descriptor())
                        .read(program.node("ack"));
        CgroupReader.Limits limits = new CgroupReader(values).read(program);
        ProgramSpec spec =
                new ProgramSpec(
                        name,
                        command(program, templates),
                        directory,
                        env(program, templates),
                        variables(program),
                        identity(program, limits.worker()),
                        workers,
                        sockets,
                        stdin(program, templates, protocols.contains(Protocol.FD0)),
                        onRequest(protocols),
                        ack,
                        new StopReader(values).read(program.node("stop")),
                        new RestartReader(values).read(program.node("restart")),
                        new RolloutReader(values, workers, ack)
                                .read(program.fields("rollout", Shape.ROLLOUT)),
                        new LogsReader(values, templates, base).read(program.node("logs")),
                        bond,
                        new CareReader(values, templates, workers).read(program, limits.program()),
                        program.texts("after", "the name of a program"),
                        obstacle);
        warn(program, spec);
        return spec;
    }

    private List<Template> command(Fields program, Templates templates) {
        Node node = program.node("command");
        List<Template> command = new CommandReader(values, templates).read(node);
        String first = node == null ? "" : CommandReader.firstWord(node);
        String tilde =
                first.startsWith("~") && node instanceof Node.Items
                        ? ShellHabits.tilde(first, surroundings.environment())
                        : null;
        if (tilde != null) {
            program.report("command", tilde);
        } else if (node != null) {
            String habit =
                    ShellHabits.inWords(CommandReader.written(node), surroundings.environment());
            if (habit != null) {
                program.warn("command", habit);
            }
        }
        return command;
    }

    /// Only warnings: what is missing may come with the next deploy.
    private void warn(Fields program, ProgramSpec spec) {
        String objection =
                executables.objection(
                        spec.command().getFirst(), spec.directory(), spec.env(), spec.dropEnv());
        if (objection != null && !spec.command().getFirst().equals(CommandReader.UNKNOWN)) {
            program.warn("command", objection);
        }
        HealthSpec health = spec.care().health();
        if (health != null && health.target() instanceof AckSpec.ExecTarget check) {
            String missing =
                    executables.objection(
                            check.command().getFirst(),
                            spec.directory(),
                            spec.env(),
                            spec.dropEnv());
            if (missing != null) {
                program.warn("health", missing);
            }
        }
        for (String name : spec.dropEnv()) {
            if (spec.env().containsKey(name)) {
                program.warn("drop-env", Texts.quoted(name) + " is set for the program as well");
            }
        }
        if (!spec.sockets().isEmpty() && !program.has("ack")) {
            program.warn(
                    "bind",
                    "without ack a worker is taken for up after 1s, whether it serves or not; have"
                            + " it say so itself with ack: notify, manual, fd or log, or write ack:"
                            + " timer if it cannot");
        }
        Path log = spec.logs().file(0);
        if (log != null) {
            logs.check(program, spec.name(), log, spec.logs() instanceof LogsSpec.Kept);
        }
        warnOfStrangers(program, spec, log);
    }

    /// Others than root, ourselves and the program's own user who may change what it is made of.
    private void warnOfStrangers(Fields program, ProgramSpec spec, @Nullable Path log) {
        String user = spec.identity().user();
        Path executable =
                executables.found(
                        spec.command().getFirst(), spec.directory(), spec.env(), spec.dropEnv());
        if (executable != null) {
            warnOf(program, "command", executable, user, true, "have it run something else");
        }
        for (Path file : ownEnvFiles) {
            warnOf(program, "env-file", file, user, true, "choose its variables");
        }
        if (log != null) {
            Path place = log.getParent() == null ? log : log.getParent();
            warnOf(program, "logs", place, user, false, "remove, read or replace the log");
        }
        for (SocketSpec socket : spec.sockets()) {
            if (socket.address() instanceof SocketSpec.UnixPath unix
                    && unix.path().getParent() != null) {
                String what = "put another socket in the place of " + unix.path();
                warnOf(program, "bind", unix.path().getParent(), user, false, what);
            }
        }
    }

    private void warnOf(
            Fields program,
            String key,
            Path file,
            @Nullable String user,
            boolean groups,
            String what) {
        Rights.Stranger stranger = surroundings.rights().stranger(file, user, groups);
        if (stranger != null) {
            program.warn(key, stranger.could(what));
        }
    }

    private Path directory(Fields program) {
        String text = program.path("directory", "a directory", surroundings.environment());
        Node node = program.node("directory");
        Path directory = text == null ? base : Paths.of(base, text);
        if (node != null && text != null && !Files.isDirectory(directory)) {
            boolean there = Files.exists(directory);
            if (there) {
                problems.warn(node.place(), directory + " is not a directory");
            } else if (!program.has("directories")) { // which may well make it
                problems.warn(node.place(), "there is no directory " + directory + " yet");
            }
        }
        return directory;
    }

    private SequencedMap<String, Template> env(Fields program, Templates templates) {
        SequencedMap<String, Template> env = new LinkedHashMap<>();
        ownEnvFiles.clear();
        obstacle = null;
        Node files = program.node("env-file");
        for (Node file : files == null ? List.<Node>of() : values.oneOrMany(files)) {
            String text = values.text(file, "a file");
            // as in systemd: one with a dash before it may be missing
            boolean optional = text != null && text.startsWith("-");
            String name = text == null ? "" : text.substring(optional ? 1 : 0);
            if (text != null && values.isPath(file, name, surroundings.environment())) {
                Path path = main.resolveSibling(name);
                if (!optional || Files.exists(path)) {
                    ownEnvFiles.add(path);
                    envFile(path, file.place(), env);
                }
            }
        }
        Node node = program.node("env");
        if (node instanceof Mapping map) {
            for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
                variable(entry.getKey(), entry.getValue(), templates, env);
            }
        } else if (node != null) {
            values.expected(node, "a map of variables", KindHints.ofVariables(node));
        }
        return env;
    }

    /// What is wrong with a file that strangers may change is no problem of the whole
    /// configuration, or they could keep all programs from being deployed.
    private void envFile(Path path, Place mention, Map<String, Template> into) {
        if (surroundings.rights().stranger(path, null, true) == null) {
            envFile(path, mention, into, problems);
            return;
        }
        Problems found = new Problems();
        envFile(path, mention, into, found);
        if (!found.none()) {
            Problem first = found.problems().getFirst();
            boolean inside = first.file().equals(path) && first.line() > 0;
            String where = inside ? path + ":" + first.line() + ": " : "";
            obstacle = "env-file: " + where + first.message();
            problems.warn(
                    mention,
                    where
                            + first.message()
                            + "; no worker of this program can be started. Others may change that"
                            + " file, so it keeps no other program from being deployed");
        }
    }

    /// A file that many programs name is read once.
    private void envFile(Path path, Place mention, Map<String, Template> into, Problems problems) {
        SequencedMap<String, Template> variables = envFiles.get(path);
        if (variables == null) {
            variables = new LinkedHashMap<>();
            Source source =
                    Source.read(path, mention, surroundings.contents(), budget, problems, true);
            if (source == null) {
                return;
            }
            EnvFile.read(source, variables, problems);
            if (problems == this.problems || problems.none()) {
                envFiles.put(path, variables); // else whoever also names it has to hear of it
            }
        }
        if (budget.takeValues(2 * variables.size())) {
            into.putAll(variables);
        } else {
            problems.report(
                    mention,
                    "with this file there are more than 200,000 values in all programs together");
        }
    }

    private void variable(
            String name, Entry entry, Templates templates, Map<String, Template> env) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
            problems.report(
                    entry.key(),
                    Texts.quoted(name) + " cannot be the name of a variable; write NAME: value");
        }
        Template value =
                new CommandReader(values, templates)
                        .template(entry.value(), "text (\"\" for an empty one)");
        if (value != null) {
            env.put(name, value);
            warnOfShell(entry.value());
        }
    }

    private void warnOfShell(Node value) {
        if (value instanceof Scalar scalar && isShellish(scalar.text())) {
            String why = ShellHabits.inValue(scalar.text(), surroundings.environment());
            if (why != null && !value.place().written().startsWith("'")) {
                problems.warn(value.place(), why);
            }
        }
    }

    private static boolean isShellish(String text) {
        return text.indexOf('$') >= 0 || text.indexOf('`') >= 0 || text.startsWith("~");
    }

    private static List<String> variables(Fields program) {
        List<String> names = program.texts("drop-env", "the name of a variable");
        for (String name : names) {
            if (name.indexOf(',') > 0) {
                program.warn(
                        "drop-env",
                        Texts.quoted(name)
                                + " is one name; write ["
                                + Texts.cut(name.replaceAll("\\s*,\\s*", ", "))
                                + "]");
            } else if (name.indexOf('=') > 0) {
                program.warn(
                        "drop-env",
                        Texts.quoted(name)
                                + " is no name; write "
                                + Texts.cut(name.substring(0, name.indexOf('='))));
            }
        }
        return names;
    }

    private IdentitySpec identity(Fields program, @Nullable CgroupSpec cgroup) {
        Node node = program.node("nice");
        Integer nice = node == null ? null : values.number(node, NICE, -20, 19, 0);
        return new IdentitySpec(
                people.worker(program, "user"),
                people.group(program, "group"),
                program.octal("umask"),
                nice,
                new LimitsReader(values).read(program.fields("limits", Shape.LIMITS)),
                new ConfinementReader(values, surroundings, base).read(program, cgroup));
    }

    /// A number, `cpus`, or `cpus*N`.
    private int workers(@Nullable Node node) {
        if (node == null) {
            return 1;
        } else if (!(node instanceof Scalar scalar)) {
            return values.number(node, 0, MAX_WORKERS, 1);
        } else if (!Suggestions.workers(scalar.text()).isEmpty()) {
            values.expected(
                    node,
                    "a number from 0 to 10000, cpus or cpus*2",
                    Suggestions.workers(scalar.text()));
            return 1;
        } else if (!scalar.text().startsWith("cpus")) {
            return values.number(node, 0, MAX_WORKERS, 1);
        } else {
            String factor = scalar.text().substring(4);
            boolean times = factor.startsWith("*") && Texts.areDigits(factor.substring(1).strip());
            if (!factor.isEmpty() && (!times || factor.length() > 6)) {
                values.expected(
                        node,
                        "a number from 0 to 10000, cpus or cpus*2",
                        "; write cpus, cpus*2 for two on each processor, or a number");
                return 1;
            }
            int perCpu = factor.isEmpty() ? 1 : Integer.parseInt(factor.substring(1).strip());
            return Math.min(MAX_WORKERS, surroundings.processors() * perCpu);
        }
    }

    private Set<Protocol> protocols(Fields program) {
        Set<Protocol> protocols = EnumSet.noneOf(Protocol.class);
        Node node = program.node("protocols");
        if (node instanceof Scalar scalar && scalar.text().indexOf(',') > 0) {
            String words = scalar.text().replaceAll("\\s*,\\s*", ", ");
            values.expected(node, "a list of protocols", "; write [" + Texts.cut(words) + "]");
            return protocols;
        }
        for (Node word : node == null ? List.<Node>of() : values.oneOrMany(node)) {
            protocols.add(values.choice(word, Protocol.values(), Protocol.EINHORN));
        }
        return protocols;
    }

    private static Set<Protocol> onRequest(Set<Protocol> protocols) {
        Set<Protocol> asked = EnumSet.noneOf(Protocol.class);
        for (Protocol protocol : protocols) {
            if (protocol.onRequest()) {
                asked.add(protocol);
            }
        }
        return asked;
    }

    /// @param first whether fd0 is among the protocols: the first socket, if `stdin` names none
    private static @Nullable String stdin(Fields program, Templates templates, boolean first) {
        String name = program.text("stdin", "the name of a socket");
        if (name == null && first && templates.sockets().isEmpty()) {
            program.reportMissing(
                    "protocols", "fd0 is for a program with a socket; there is no bind");
        }
        if (name == null) {
            return first && !templates.sockets().isEmpty()
                    ? templates.sockets().getFirst().name()
                    : null;
        }
        for (SocketSpec socket : templates.sockets()) {
            if (socket.name().equals(name)) {
                return name;
            }
        }
        program.reportMissing("stdin", templates.noSocket(name));
        return null;
    }

    /// A worker of another user could not reach the control socket.
    private static BondSpec bond(Fields program) {
        BondSpec otherwise = BondSpec.DEFAULT;
        WorkerSocket socket =
                program.choice("worker-socket", WorkerSocket.values(), otherwise.workerSocket());
        if (socket == WorkerSocket.CONTROL && (program.has("user") || program.has("group"))) {
            program.report(
                    "worker-socket",
                    "workers with a user or group of their own cannot reach the control socket;"
                            + " leave it out, or those");
        }
        return new BondSpec(
                socket,
                program.flag("worker-socket-fd", otherwise.descriptor()),
                program.choice(
                                "on-manager-death",
                                ManagerDeath.values(),
                                ManagerDeath.of(otherwise.outlive()))
                        == ManagerDeath.CONTINUE);
    }
}
