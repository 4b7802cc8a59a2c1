// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigPaths;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.BindConflicts;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.config.value.ExecutableLookup;
import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.MapHints;
import org.einhyrningsins.config.value.OnManagerDeath;
import org.einhyrningsins.config.value.ShellSyntaxWarnings;
import org.einhyrningsins.config.value.Suggestions;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.CgroupSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.ManagerLinkSpec.WorkerSocket;
import org.einhyrningsins.spec.ProcessIdentitySpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketProtocol;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.TextTemplate;
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
    private final LoadEnvironment loadEnvironment;
    private final AccountReader accountReader;
    private final BindConflicts book;
    private final ConfigLimits configLimits;
    private final Map<Path, SequencedMap<String, TextTemplate>> envFiles = new HashMap<>();
    private final ExecutableLookup executableLookup;
    private final LogPathCheck logs = new LogPathCheck();

    /// Files of variables of the program that is being read.
    private final List<Path> ownEnvFiles = new ArrayList<>();

    /// Reason why the program that is being read cannot be started; null for none known.
    private @Nullable String obstacle;

    private final ProblemCollector problemCollector;
    private final ValueReader valueReader;

    /// @param main the main file, as the user named it
    /// @param base the directory of the main file, absolute: where every relative path begins
    ProgramReader(
            Path main,
            Path base,
            LoadEnvironment loadEnvironment,
            BindConflicts book,
            ConfigLimits configLimits,
            ValueReader valueReader) {
        this.main = main;
        this.base = base;
        this.loadEnvironment = loadEnvironment;
        this.accountReader = new AccountReader(loadEnvironment);
        this.book = book;
        this.configLimits = configLimits;
        this.executableLookup = new ExecutableLookup(loadEnvironment.environment());
        this.problemCollector = valueReader.problems();
        this.valueReader = valueReader;
    }

    ProgramSpec read(String name, ConfigNode configNode) {
        ConfigFields program =
                valueReader.fields(
                        configNode, ConfigShape.PROGRAM, "a map that describes the program");
        program.require("command");
        List<SocketSpec> sockets =
                new SocketReader(
                                base,
                                accountReader,
                                book,
                                configLimits,
                                loadEnvironment.rights(),
                                valueReader)
                        .read(program.node("bind"), name);
        TemplateReader templateReader =
                new TemplateReader(name, loadEnvironment.environment(), sockets);
        Path directory = directory(program);
        int workers = workers(program.node("workers"));
        Set<SocketProtocol> protocols = protocols(program);
        ManagerLinkSpec bond = bond(program);
        AckSpec ack =
                new AckReader(valueReader, templateReader, workers, bond.descriptor())
                        .read(program.node("ack"));
        CgroupReader.Limits limits = new CgroupReader(valueReader).read(program);
        ProgramSpec spec =
                new ProgramSpec(
                        name,
                        command(program, templateReader),
                        directory,
                        env(program, templateReader),
                        variables(program),
                        identity(program, limits.worker()),
                        workers,
                        sockets,
                        stdin(program, templateReader, protocols.contains(SocketProtocol.FD0)),
                        onRequest(protocols),
                        ack,
                        new StopReader(valueReader).read(program.node("stop")),
                        new RestartReader(valueReader).read(program.node("restart")),
                        new RolloutReader(valueReader, workers, ack)
                                .read(program.fields("rollout", ConfigShape.ROLLOUT)),
                        new LogsReader(valueReader, templateReader, base)
                                .read(program.node("logs")),
                        bond,
                        new MonitoringReader(valueReader, templateReader, workers)
                                .read(program, limits.program()),
                        program.texts("after", "the name of a program"),
                        obstacle);
        warn(program, spec);
        return spec;
    }

    private List<TextTemplate> command(ConfigFields program, TemplateReader templateReader) {
        ConfigNode configNode = program.node("command");
        List<TextTemplate> command =
                new CommandReader(valueReader, templateReader).read(configNode);
        String first = configNode == null ? "" : CommandReader.firstWord(configNode);
        String tilde =
                first.startsWith("~") && configNode instanceof ConfigNode.Items
                        ? ShellSyntaxWarnings.tilde(first, loadEnvironment.environment())
                        : null;
        if (tilde != null) {
            program.report("command", tilde);
        } else if (configNode != null) {
            String habit =
                    ShellSyntaxWarnings.inWords(
                            CommandReader.written(configNode), loadEnvironment.environment());
            if (habit != null) {
                program.warn("command", habit);
            }
        }
        return command;
    }

    /// Warns of what is missing; it may come with the next deployment.
    private void warn(ConfigFields program, ProgramSpec spec) {
        String objection =
                executableLookup.objection(
                        spec.command().getFirst(), spec.directory(), spec.env(), spec.dropEnv());
        if (objection != null && !spec.command().getFirst().equals(CommandReader.UNKNOWN)) {
            program.warn("command", objection);
        }
        HealthSpec health = spec.care().health();
        if (health != null && health.target() instanceof AckSpec.ExecTarget check) {
            String missing =
                    executableLookup.objection(
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
                program.warn("drop-env", TextUtil.quoted(name) + " is set for the program as well");
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

    /// Warns of users besides root, the manager's and the program's who may change its files.
    private void warnOfStrangers(ConfigFields program, ProgramSpec spec, @Nullable Path log) {
        String user = spec.identity().user();
        Path executable =
                executableLookup.found(
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
            ConfigFields program,
            String key,
            Path file,
            @Nullable String user,
            boolean groups,
            String what) {
        KernelRights.Stranger stranger = loadEnvironment.rights().stranger(file, user, groups);
        if (stranger != null) {
            program.warn(key, stranger.could(what));
        }
    }

    private Path directory(ConfigFields program) {
        String text = program.path("directory", "a directory", loadEnvironment.environment());
        ConfigNode configNode = program.node("directory");
        Path directory = text == null ? base : ConfigPaths.of(base, text);
        if (configNode != null && text != null && !Files.isDirectory(directory)) {
            boolean there = Files.exists(directory);
            if (there) {
                problemCollector.warn(configNode.place(), directory + " is not a directory");
            } else if (!program.has("directories")) { // which may well make it
                problemCollector.warn(
                        configNode.place(), "there is no directory " + directory + " yet");
            }
        }
        return directory;
    }

    private SequencedMap<String, TextTemplate> env(
            ConfigFields program, TemplateReader templateReader) {
        SequencedMap<String, TextTemplate> env = new LinkedHashMap<>();
        ownEnvFiles.clear();
        obstacle = null;
        ConfigNode files = program.node("env-file");
        for (ConfigNode file :
                files == null ? List.<ConfigNode>of() : valueReader.oneOrMany(files)) {
            String text = valueReader.text(file, "a file");
            // as in systemd: one with a dash before it may be missing
            boolean optional = text != null && text.startsWith("-");
            String name = text == null ? "" : text.substring(optional ? 1 : 0);
            if (text != null && valueReader.isPath(file, name, loadEnvironment.environment())) {
                Path path = main.resolveSibling(name);
                if (!optional || Files.exists(path)) {
                    ownEnvFiles.add(path);
                    envFile(path, file.place(), env);
                }
            }
        }
        ConfigNode configNode = program.node("env");
        if (configNode instanceof Mapping map) {
            for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
                variable(entry.getKey(), entry.getValue(), templateReader, env);
            }
        } else if (configNode != null) {
            valueReader.expected(
                    configNode, "a map of variables", MapHints.ofVariables(configNode));
        }
        return env;
    }

    /// Reads a file of variables. A mistake in a file that other users may change is no problem of
    /// the whole configuration, or they could keep all programs from being deployed.
    private void envFile(Path path, SourcePosition mention, Map<String, TextTemplate> into) {
        if (loadEnvironment.rights().stranger(path, null, true) == null) {
            envFile(path, mention, into, problemCollector);
            return;
        }
        ProblemCollector found = new ProblemCollector();
        envFile(path, mention, into, found);
        if (!found.none()) {
            ConfigProblem first = found.problems().getFirst();
            boolean inside = first.file().equals(path) && first.line() > 0;
            String where = inside ? path + ":" + first.line() + ": " : "";
            obstacle = "env-file: " + where + first.message();
            problemCollector.warn(
                    mention,
                    where
                            + first.message()
                            + "; no worker of this program can be started. Others may change that"
                            + " file, so it keeps no other program from being deployed");
        }
    }

    /// A file that many programs name is read once.
    private void envFile(
            Path path,
            SourcePosition mention,
            Map<String, TextTemplate> into,
            ProblemCollector problemCollector) {
        SequencedMap<String, TextTemplate> variables = envFiles.get(path);
        if (variables == null) {
            variables = new LinkedHashMap<>();
            SourceText sourceText =
                    SourceText.read(
                            path,
                            mention,
                            loadEnvironment.contents(),
                            configLimits,
                            problemCollector,
                            true);
            if (sourceText == null) {
                return;
            }
            EnvFile.read(sourceText, variables, problemCollector);
            if (problemCollector == this.problemCollector || problemCollector.none()) {
                envFiles.put(path, variables); // else whoever also names it has to hear of it
            }
        }
        if (configLimits.takeValues(2 * variables.size())) {
            into.putAll(variables);
        } else {
            problemCollector.report(
                    mention,
                    "with this file there are more than 200,000 values in all programs together");
        }
    }

    private void variable(
            String name,
            Entry entry,
            TemplateReader templateReader,
            Map<String, TextTemplate> env) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
            problemCollector.report(
                    entry.key(),
                    TextUtil.quoted(name) + " cannot be the name of a variable; write NAME: value");
        }
        TextTemplate value =
                new CommandReader(valueReader, templateReader)
                        .template(entry.value(), "text (\"\" for an empty one)");
        if (value != null) {
            env.put(name, value);
            warnOfShell(entry.value());
        }
    }

    private void warnOfShell(ConfigNode value) {
        if (value instanceof Scalar scalar && isShellish(scalar.text())) {
            String why = ShellSyntaxWarnings.inValue(scalar.text(), loadEnvironment.environment());
            if (why != null && !value.place().written().startsWith("'")) {
                problemCollector.warn(value.place(), why);
            }
        }
    }

    private static boolean isShellish(String text) {
        return text.indexOf('$') >= 0 || text.indexOf('`') >= 0 || text.startsWith("~");
    }

    private static List<String> variables(ConfigFields program) {
        List<String> names = program.texts("drop-env", "the name of a variable");
        for (String name : names) {
            if (name.indexOf(',') > 0) {
                program.warn(
                        "drop-env",
                        TextUtil.quoted(name)
                                + " is one name; write ["
                                + TextUtil.cut(name.replaceAll("\\s*,\\s*", ", "))
                                + "]");
            } else if (name.indexOf('=') > 0) {
                program.warn(
                        "drop-env",
                        TextUtil.quoted(name)
                                + " is no name; write "
                                + TextUtil.cut(name.substring(0, name.indexOf('='))));
            }
        }
        return names;
    }

    private ProcessIdentitySpec identity(ConfigFields program, @Nullable CgroupSpec cgroup) {
        ConfigNode configNode = program.node("nice");
        Integer nice = configNode == null ? null : valueReader.number(configNode, NICE, -20, 19, 0);
        return new ProcessIdentitySpec(
                accountReader.worker(program, "user"),
                accountReader.group(program, "group"),
                program.octal("umask"),
                nice,
                new LimitsReader(valueReader).read(program.fields("limits", ConfigShape.LIMITS)),
                new ConfinementReader(valueReader, loadEnvironment, base).read(program, cgroup));
    }

    /// A number, `cpus`, or `cpus*N`.
    private int workers(@Nullable ConfigNode configNode) {
        if (configNode == null) {
            return 1;
        } else if (!(configNode instanceof Scalar scalar)) {
            return valueReader.number(configNode, 0, MAX_WORKERS, 1);
        } else if (!Suggestions.workers(scalar.text()).isEmpty()) {
            valueReader.expected(
                    configNode,
                    "a number from 0 to 10000, cpus or cpus*2",
                    Suggestions.workers(scalar.text()));
            return 1;
        } else if (!scalar.text().startsWith("cpus")) {
            return valueReader.number(configNode, 0, MAX_WORKERS, 1);
        } else {
            String factor = scalar.text().substring(4);
            boolean times =
                    factor.startsWith("*") && TextUtil.areDigits(factor.substring(1).strip());
            if (!factor.isEmpty() && (!times || factor.length() > 6)) {
                valueReader.expected(
                        configNode,
                        "a number from 0 to 10000, cpus or cpus*2",
                        "; write cpus, cpus*2 for two on each processor, or a number");
                return 1;
            }
            int perCpu = factor.isEmpty() ? 1 : Integer.parseInt(factor.substring(1).strip());
            return Math.min(MAX_WORKERS, loadEnvironment.processors() * perCpu);
        }
    }

    private Set<SocketProtocol> protocols(ConfigFields program) {
        Set<SocketProtocol> protocols = EnumSet.noneOf(SocketProtocol.class);
        ConfigNode configNode = program.node("protocols");
        if (configNode instanceof Scalar scalar && scalar.text().indexOf(',') > 0) {
            String words = scalar.text().replaceAll("\\s*,\\s*", ", ");
            valueReader.expected(
                    configNode, "a list of protocols", "; write [" + TextUtil.cut(words) + "]");
            return protocols;
        }
        for (ConfigNode word :
                configNode == null ? List.<ConfigNode>of() : valueReader.oneOrMany(configNode)) {
            protocols.add(
                    valueReader.choice(word, SocketProtocol.values(), SocketProtocol.EINHORN));
        }
        return protocols;
    }

    private static Set<SocketProtocol> onRequest(Set<SocketProtocol> protocols) {
        Set<SocketProtocol> asked = EnumSet.noneOf(SocketProtocol.class);
        for (SocketProtocol socketProtocol : protocols) {
            if (socketProtocol.onRequest()) {
                asked.add(socketProtocol);
            }
        }
        return asked;
    }

    /// @param first whether fd0 is among the protocols: the first socket, if `stdin` names none
    private static @Nullable String stdin(
            ConfigFields program, TemplateReader templateReader, boolean first) {
        String name = program.text("stdin", "the name of a socket");
        if (name == null && first && templateReader.sockets().isEmpty()) {
            program.reportMissing(
                    "protocols", "fd0 is for a program with a socket; there is no bind");
        }
        if (name == null) {
            return first && !templateReader.sockets().isEmpty()
                    ? templateReader.sockets().getFirst().name()
                    : null;
        }
        for (SocketSpec socket : templateReader.sockets()) {
            if (socket.name().equals(name)) {
                return name;
            }
        }
        program.reportMissing("stdin", templateReader.noSocket(name));
        return null;
    }

    /// A worker of another user could not reach the control socket.
    private static ManagerLinkSpec bond(ConfigFields program) {
        ManagerLinkSpec otherwise = ManagerLinkSpec.DEFAULT;
        WorkerSocket socket =
                program.choice("worker-socket", WorkerSocket.values(), otherwise.workerSocket());
        if (socket == WorkerSocket.CONTROL && (program.has("user") || program.has("group"))) {
            program.report(
                    "worker-socket",
                    "workers with a user or group of their own cannot reach the control socket;"
                            + " leave it out, or those");
        }
        return new ManagerLinkSpec(
                socket,
                program.flag("worker-socket-fd", otherwise.descriptor()),
                program.choice(
                                "on-manager-death",
                                OnManagerDeath.values(),
                                OnManagerDeath.of(otherwise.outlive()))
                        == OnManagerDeath.CONTINUE);
    }
}
