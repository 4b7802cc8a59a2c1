// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.systemd.SystemdImporter.Unit;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.PasswdFile;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Writes a `.service` unit of systemd as a program: what runs, as whom, and what for. How it lives
/// is written by [SystemdLifecycle]. Source: systemd.service(5), systemd.exec(5).
final class SystemdService {
    private static final String OWN_PORT =
            "old before new, as systemd restarts it; with bind, if it can take a socket, no request"
                    + " is lost";

    private static final String LATER =
            "(sleep|suspend|hibernate|hybrid-sleep|suspend-then-hibernate|shutdown|reboot"
                    + "|soft-reboot|poweroff|halt|kexec|exit|final|umount|emergency|rescue"
                    + "|ctrl-alt-del|kbrequest|sigpwr|bluetooth|printer|smartcard|sound"
                    + "|usb-gadget)[.]target";

    private final Unit unit;
    private final Set<String> programs;
    private final ImportedProgram program;
    private final SystemdSettings settings;

    /// @param programs the names of all units that become programs
    SystemdService(Unit unit, Set<String> programs, ImportedProgram program) {
        this.unit = unit;
        this.programs = programs;
        this.program = program;
        this.settings = new SystemdSettings(unit.section("Service"), unit.text(), program);
    }

    /// @param sockets the socket units that it is given
    /// @param timer the timer unit that starts it; null for none
    /// @param wanted true if another unit of the import starts it
    void write(List<Unit> sockets, @Nullable Unit timer, boolean wanted) {
        template();
        Map<String, String> variables = new SystemdEnvironment(settings).write();
        sockets(sockets);
        String type = type();
        boolean isJob = type.equals("oneshot");
        if (isJob) {
            String when = timer == null ? "with the manager's start" : "by the clock";
            program.comment("restart", "a job: it runs once, " + when);
        }
        command(variables, isJob);
        boolean hasUser = !word("User", "root").matches("root|0");
        identity();
        limits();
        new SystemdConfinement(settings, program, hasUser).write();
        new SystemdDirectories(settings, program).write();
        new SystemdLifecycle(settings, unit.section("Unit"), type).write();
        if (program.firstSocket() == null) {
            program.set("rollout", "{ strategy: replace }");
            program.comment("rollout", OWN_PORT);
        } else if (type.equals("dbus")) {
            program.set("rollout", "{ strategy: replace }");
            program.comment("rollout", "old before new: a name on the bus has one owner");
        }
        starter(timer, isJob, wanted);
    }

    /// Writes comments on settings that nothing took: of a flag the last one counts, of a list
    /// those since the last empty one.
    void writeRest() {
        for (ForeignSection foreignSection : unit.sections().values()) {
            List<ForeignSetting> rest = foreignSection.takeRest();
            for (int i = 0; i < rest.size(); i++) {
                ForeignSetting foreignSetting = rest.get(i);
                ForeignSetting overruling =
                        overruling(foreignSetting, rest.subList(i + 1, rest.size()));
                if (overruling == null) {
                    SystemdReasons.of(foreignSection.name(), foreignSetting)
                            .report(program, "", foreignSetting);
                } else {
                    program.same(foreignSetting, "overruled by " + overruling.place());
                }
            }
        }
    }

    private static @Nullable ForeignSetting overruling(
            ForeignSetting foreignSetting, List<ForeignSetting> later) {
        ForeignSetting overruling = null;
        for (ForeignSetting other : later) {
            boolean counts = other.value().isEmpty() || other.flag() != null;
            overruling = counts && other.key().equals(foreignSetting.key()) ? other : overruling;
        }
        return overruling;
    }

    private void template() {
        if (unit.stem().endsWith("@")) {
            program.blocks(
                    null,
                    "a template has no instance; import a copy that is named after one, as in "
                            + unit.stem()
                            + "1.service");
        }
    }

    /// Blocks a program that is not installed, and says what starts it.
    private void starter(@Nullable Unit timer, boolean isJob, boolean wanted) {
        boolean installed = isInstalled() || wanted;
        String by = "'einhyrningsinsctl scale " + program.name() + " 1' starts it";
        if (timer != null) {
            new SystemdTimer(timer, program).write(by);
        } else if (isJob && !installed) {
            program.blocks(
                    null, "no [Install] wants it, so a timer or another unit starts it; " + by);
        } else if (!installed && program.firstSocket() == null) {
            program.differs(
                    "", "it is started with the manager; no [Install] wants it under systemd");
        } else if (!installed) {
            program.comment("bind", "it is started at once, not by the first connection");
        }
    }

    /// True if it is started with the machine; there are targets that come later, or never.
    private boolean isInstalled() {
        boolean installed = false;
        for (String key : List.of("WantedBy", "RequiredBy", "UpheldBy")) {
            for (ForeignSetting foreignSetting : unit.section("Install").lookAll(key)) {
                for (String name : foreignSetting.value().split("\\s+", -1)) {
                    boolean isTarget = name.endsWith(".target") && !name.matches(LATER);
                    installed |= isTarget || programs.contains(name);
                }
            }
        }
        return installed;
    }

    private void sockets(List<Unit> sockets) {
        ForeignSetting flag = settings.last("NonBlocking");
        boolean nonBlocking = flag != null && flag.isTrue();
        for (Unit socket : sockets) {
            if (SystemdImporter.isAccepting(socket)) {
                program.blocks(
                        socket.section("Socket").look("Accept"),
                        "a process for each connection; the program has to accept by itself");
            }
            new SystemdSocket(socket, program, nonBlocking).write();
        }
        if (flag != null) {
            program.same(flag, "see non-blocking of each socket");
        }
        List<String> given = sockets.stream().map(Unit::name).toList();
        for (ForeignSetting foreignSetting : settings.list("Sockets")) {
            for (String name : foreignSetting.value().split("\\s+", -1)) {
                if (given.contains(name)) {
                    program.same(foreignSetting.withValue(name), "imported with it");
                } else {
                    program.lost(
                            "bind", foreignSetting.withValue(name), "not among the files given");
                }
            }
        }
    }

    private String type() {
        ForeignSetting foreignSetting = settings.last("Type");
        boolean runs = settings.section().has("ExecStart");
        boolean onBus = settings.section().has("BusName");
        String type =
                foreignSetting != null
                        ? foreignSetting.value()
                        : !runs ? "oneshot" : onBus ? "dbus" : "simple";
        switch (type) {
            case "simple", "exec", "notify", "oneshot" -> {}
            case "forking" ->
                    program.blocks(
                            foreignSetting,
                            "a worker stays in the foreground: give it the option for that");
            case "dbus" -> program.differs("ack", "there is no D-Bus: up when alive for a second");
            case "idle" -> program.differs("ack", "it does not wait until others are started");
            case "notify-reload" -> program.comment("ack", "a reload replaces the workers");
            default -> program.blocks(foreignSetting, "not a type that is known here");
        }
        return type;
    }

    // ---- what it runs

    private void command(Map<String, String> variables, boolean isJob) {
        boolean hasUser = !word("User", "root").equals("root");
        List<String> guards = new SystemdConditions(settings, unit.section("Unit")).write();
        List<SystemdCommand> before = new ArrayList<>();
        ForeignSetting only = settings.last("PermissionsStartOnly");
        boolean asRoot = only != null && only.isTrue();
        if (only != null) {
            program.same(only, "it concerns what is run before the start");
        }
        for (ForeignSetting foreignSetting : settings.list("ExecStartPre")) {
            SystemdCommand command = read(foreignSetting);
            if (command != null && hasUser && (asRoot || command.isPrivileged())) {
                program.lost("command", foreignSetting, "it runs as root; do it before the start");
            } else if (command != null) {
                before.add(command);
            }
        }
        List<ForeignSetting> lines = settings.list("ExecStart");
        List<SystemdCommand> commands = new ArrayList<>();
        for (ForeignSetting foreignSetting : lines) {
            SystemdCommand command = read(foreignSetting);
            if (command != null) {
                commands.add(command);
            }
        }
        if (commands.isEmpty() || commands.size() < lines.size()) {
            ForeignSetting none = new ForeignSetting("ExecStart", "", settings.section().place());
            program.noCommand(lines.isEmpty() ? none : lines.getFirst(), "the unit runs nothing");
            return;
        } else if (commands.size() > 1 && !isJob) {
            program.blocks(lines.get(1), "systemd refuses a second command, but for a oneshot");
        }
        SystemdCommand last = commands.removeLast();
        before.addAll(commands);
        program.command(last.after(guards, before, variables));
        remarks(last, hasUser);
        if (!before.isEmpty()) {
            program.comment("command", "what is run before stands before it, at each start");
        }
    }

    private @Nullable SystemdCommand read(ForeignSetting foreignSetting) {
        try {
            return SystemdCommand.read(foreignSetting, settings.texts());
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
            return null;
        }
    }

    private void remarks(SystemdCommand command, boolean hasUser) {
        ForeignSetting foreignSetting = command.setting();
        if (command.isPrivileged() && hasUser) {
            program.blocks(foreignSetting, "it runs as root, although the unit has a user");
        }
        if (command.mayFail() && !"no".equals(word("Restart", "no"))) {
            program.differs("command", foreignSetting, "- : here a failure is one, see restart");
        }
        if (!command.name().isEmpty()) {
            program.differs(
                    "command", foreignSetting, "it is not told the other name " + command.name());
        }
        if (command.prefixes().contains("|")) {
            program.differs("command", foreignSetting, "| : not run by the user's login shell");
        }
    }

    private String word(String key, String usual) {
        List<ForeignSetting> all = settings.section().lookAll(key);
        return all.isEmpty() || all.getLast().value().isEmpty() ? usual : all.getLast().value();
    }

    // ---- as whom

    private void identity() {
        ForeignSetting dynamic = settings.last("DynamicUser");
        if (dynamic != null && dynamic.isTrue()) {
            program.blocks(dynamic, "users are not made; make one, and name it in user");
        } else if (dynamic != null) {
            program.same(dynamic, "as it is here");
        }
        String user = identity("User", "user");
        identity("Group", "group");
        program.umask(settings.last("UMask"));
        program.whole("nice", settings.last("Nice"), -20, 19);
        directory(user == null ? "root" : user);
        for (String key : List.of("RootDirectory", "RootImage")) {
            ForeignSetting root = settings.last(key);
            if (root != null && !root.value().equals("/")) {
                program.blocks(root, "its files are not those of the machine");
            }
        }
    }

    /// @return its name; null if nobody is named, and empty for one that is not known
    private @Nullable String identity(String key, String ours) {
        ForeignSetting foreignSetting = settings.last(key);
        if (foreignSetting == null) {
            return null;
        }
        String name = settings.specified(foreignSetting);
        if (name == null) {
            return "";
        } else if (name.isBlank()) {
            program.blocks(foreignSetting, "it names nobody");
        } else {
            program.setAccount(ours, foreignSetting.withValue(name));
        }
        return name;
    }

    /// systemd starts a service in the root directory if nothing is said. `~` is the home of the
    /// one who runs it.
    private void directory(String user) {
        ForeignSetting foreignSetting = settings.last("WorkingDirectory");
        String directory = foreignSetting == null ? "/" : settings.specified(foreignSetting);
        if (directory == null) {
            return;
        }
        boolean optional = directory.startsWith("-");
        String path = optional ? directory.substring(1) : directory;
        String home = path.equals("~") ? PasswdFile.home(user) : path;
        if (home.startsWith("/")) {
            program.text("directory", home);
            if (optional && foreignSetting != null) {
                program.differs("directory", foreignSetting, "it has to be there all the same");
            } else if (path.equals("~") && foreignSetting != null) {
                program.comment("directory", foreignSetting, "as it is on this machine");
            }
        } else if (foreignSetting != null) {
            program.blocks(foreignSetting, "write the path of the home directory in directory");
        }
    }

    private void limits() {
        SequencedMap<String, String> limits = new LinkedHashMap<>();
        for (Resource resource : Resource.values()) {
            ForeignSetting foreignSetting = settings.last("Limit" + resource.name());
            if (foreignSetting != null) {
                try {
                    limits.put(ConfigShape.word(resource), limit(resource, foreignSetting.value()));
                } catch (ValueException e) {
                    program.lost("limits", foreignSetting, e.reason());
                }
            }
        }
        program.limits(limits);
    }

    private static String limit(Resource resource, String text) throws ValueException {
        String[] parts = text.split(":", 2);
        String soft = amount(resource, parts[0]);
        String hard = parts.length < 2 ? soft : amount(resource, parts[1]);
        boolean above =
                !hard.equals("unlimited")
                        && (soft.equals("unlimited")
                                || Long.parseLong(soft) > Long.parseLong(hard));
        if (above) {
            throw new ValueException("the soft limit is above the hard one");
        }
        return soft.equals(hard) ? soft : "\"" + soft + ":" + hard + "\"";
    }

    private static String amount(Resource resource, String text) throws ValueException {
        if (text.equals("infinity")) {
            return "unlimited";
        }
        return switch (resource) {
            case AS, CORE, DATA, FSIZE, MEMLOCK, MSGQUEUE, RSS, STACK ->
                    Long.toString(SystemdValues.size(text));
            case CPU -> Long.toString(Math.max(1, seconds(text)));
            case RTTIME -> plainNumber(text);
            case NICE -> text.matches("[-+].*") ? nice(text) : plainNumber(text);
            case NPROC, NOFILE, LOCKS, SIGPENDING, RTPRIO -> plainNumber(text);
        };
    }

    private static long seconds(String text) throws ValueException {
        Duration time = SystemdValues.time(text);
        return time == null ? 0 : time.toSeconds();
    }

    private static String plainNumber(String text) throws ValueException {
        if (!text.matches("[0-9]{1,15}")) {
            throw new ValueException("expected a number");
        }
        return Long.toString(Long.parseLong(text));
    }

    /// `+5` is a nice value, of which setrlimit(2) takes twenty minus it.
    private static String nice(String text) throws ValueException {
        if (!text.matches("[-+][0-9]{1,2}")) {
            throw new ValueException("expected a nice value");
        }
        return Integer.toString(20 - Math.clamp(Integer.parseInt(text), -20, 19));
    }
}
