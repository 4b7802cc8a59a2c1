// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.check.BindConflicts;
import org.einhyrningsins.config.check.ProgramCheck;
import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigPaths;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.OnManagerDeath;
import org.einhyrningsins.config.value.ShellSyntaxWarnings;
import org.einhyrningsins.config.value.Suggestions;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.BindSpec;
import org.einhyrningsins.spec.JobSpec;
import org.einhyrningsins.spec.LaunchSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.ManagerLinkSpec.WorkerSocket;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.ProgramSpec.Findings;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.SocketProtocol;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SupervisionSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Reads one program.
final class ProgramReader {
    private static final int MAX_WORKERS = 10_000;
    private static final String NICE = "a niceness from -20 (served first) to 19 (served last)";

    private final Path base;
    private final LoadEnvironment loadEnvironment;
    private final AccountReader accountReader;
    private final BindConflicts book;
    private final ConfigLimits configLimits;
    private final EnvReader envReader;
    private final ProgramCheck programCheck;
    private final ReleaseReader releaseReader;
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
        this.base = base;
        this.loadEnvironment = loadEnvironment;
        this.accountReader = new AccountReader(loadEnvironment);
        this.book = book;
        this.configLimits = configLimits;
        this.envReader = new EnvReader(main, loadEnvironment, configLimits, valueReader);
        this.programCheck = new ProgramCheck(loadEnvironment);
        this.releaseReader = new ReleaseReader(base, loadEnvironment);
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
        ManagerLinkSpec bond = managerLink(program);
        AckSpec ack =
                new AckReader(valueReader, templateReader, workers, bond.descriptor())
                        .read(program.node("ack"));
        CgroupReader.Limits limits = new CgroupReader(valueReader).read(program);
        List<TextTemplate> command = command(program, templateReader);
        Release release = releaseReader.read(program, directory, command);
        EnvReader.ProgramVariables variables = envReader.read(program, templateReader, release);
        LaunchSpec launch =
                new LaunchSpec(
                        command,
                        directory,
                        variables.env(),
                        variables.dropped(),
                        identity(program, limits.worker()),
                        new LogsReader(valueReader, templateReader, base)
                                .read(program.node("logs")),
                        bond);
        BindSpec bind =
                new BindSpec(
                        sockets,
                        stdin(program, templateReader, protocols.contains(SocketProtocol.FD0)),
                        onRequest(protocols));
        ConfigFields rollout = program.fields("rollout", ConfigShape.ROLLOUT);
        JobSpec job = JobReader.job(program);
        JobReader jobReader = new JobReader(valueReader, templateReader);
        ConfigNode restartNode = program.node("restart");
        RestartSpec restart = new RestartReader(valueReader).read(restartNode);
        SupervisionSpec supervision =
                new SupervisionSpec(
                        job == null ? ack : AckSpec.AT_ONCE,
                        new StopReader(valueReader).read(program.node("stop")),
                        job == null ? restart : jobReader.restart(restartNode, restart),
                        new RolloutReader(valueReader, workers, ack).read(rollout),
                        new MonitoringReader(valueReader, templateReader, workers)
                                .read(program, limits.program()),
                        jobReader.start(program),
                        jobReader.tasks(rollout, job != null),
                        job);
        Findings found = new Findings(variables.obstacle(), release);
        ProgramSpec spec = new ProgramSpec(name, workers, launch, bind, supervision, found);
        ProgramSpec complete = releaseReader.complete(program, spec);
        programCheck.check(program, complete, variables.files());
        return complete;
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
    private static ManagerLinkSpec managerLink(ConfigFields program) {
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
