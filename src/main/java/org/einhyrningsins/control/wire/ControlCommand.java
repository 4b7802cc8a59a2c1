// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.einhyrningsins.spec.ProgramCondition;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// A command with its arguments understood. The client reads one to tell its user of mistakes
/// before it asks, the manager to know what to do: there is one language and this is where it is
/// defined. An empty list of targets means every program.
public sealed interface ControlCommand {
    /// The most workers a program can have.
    int MAX_WORKERS = 10_000;

    /// Asks for the status of the programs.
    ///
    /// @param exitCode true for a reply that is a failure if a program is not as wanted
    record Status(List<CommandTarget> targets, boolean exitCode) implements ControlCommand {}

    /// Asks for the status of the programs with each worker and socket.
    ///
    /// @param graph true to ask for the start order instead
    record Show(List<CommandTarget> targets, boolean graph) implements ControlCommand {}

    /// Read the file again; roll what changed, and what is named whether it changed or not.
    ///
    /// @param confirm go back to what was before, unless that is confirmed in that time; null to
    ///   stay
    /// @param reset true to drop operator overrides
    record Reload(List<CommandTarget> targets, @Nullable Duration confirm, boolean reset)
            implements ControlCommand {}

    /// Asks for the effects of `reload`.
    record Plan(List<CommandTarget> targets) implements ControlCommand {}

    /// Stay with what the last reload brought.
    record Confirm() implements ControlCommand {}

    /// Roll onto the definition as it is.
    ///
    /// @param fleet all new workers are up before any old one is told to go
    record Upgrade(List<CommandTarget> targets, boolean fleet) implements ControlCommand {}

    /// Asks for the latest generations of the programs.
    record History(List<CommandTarget> targets) implements ControlCommand {}

    /// Roll onto the definition recorded of an earlier generation.
    ///
    /// @param targets at least one
    /// @param generation of the only target; null for the last good one
    record Rollback(List<CommandTarget> targets, @Nullable Integer generation)
            implements ControlCommand {}

    /// Let a rollout go on from its canary.
    record Promote(List<CommandTarget> targets) implements ControlCommand {}

    /// End a rollout and bring the old version back.
    record Abort(List<CommandTarget> targets) implements ControlCommand {}

    record Start(List<CommandTarget> targets) implements ControlCommand {}

    record Stop(List<CommandTarget> targets) implements ControlCommand {}

    /// Stop, then start.
    record Restart(List<CommandTarget> targets) implements ControlCommand {}

    /// Adds that many workers.
    record Increase(List<CommandTarget> targets, int by) implements ControlCommand {}

    /// Removes that many workers.
    record Decrease(List<CommandTarget> targets, int by) implements ControlCommand {}

    /// Sets the number of workers.
    record Scale(List<CommandTarget> targets, int workers) implements ControlCommand {}

    /// Send signals to workers, one after the other.
    record Deliver(List<Signal> signals, List<CommandTarget> targets) implements ControlCommand {}

    /// Stop everything and exit.
    ///
    /// @param first sent instead of the first signal of each program's own steps; null for those
    record Die(@Nullable Signal first) implements ControlCommand {}

    /// Let the manager replace itself by its newest version.
    record Reexec() implements ControlCommand {}

    /// Tell what happens from now on, as progress, until the client goes away.
    ///
    /// @param since tell what happened since that time, as facts; null for what happens only
    /// @param follows with since: go on with what happens
    /// @param log tell the last lines of the manager's own log instead
    record Events(
            List<CommandTarget> targets, @Nullable SinceTime since, boolean follows, boolean log)
            implements ControlCommand {}

    /// Asks why programs are as they are.
    record Explain(List<CommandTarget> targets) implements ControlCommand {}

    /// Waits until programs meet a condition, or cannot any more.
    record Wait(List<CommandTarget> targets, ProgramCondition condition)
            implements ControlCommand {}

    /// Tell where what the workers write is to be read.
    record Logs(List<CommandTarget> targets) implements ControlCommand {}

    /// Asks for the manager's version.
    record Version() implements ControlCommand {}

    /// Asks for the whole state, in the shape that einhorn's clients read.
    record State() implements ControlCommand {}

    /// Say who you are.
    ///
    /// @param user user name given by the client; empty for none
    record Greet(String user) implements ControlCommand {}

    /// Asks for the list of commands.
    record Help() implements ControlCommand {}

    /// Log more, or less.
    record Loudness(boolean more) implements ControlCommand {}

    /// The order that a command and its arguments are.
    static ControlCommand read(String command, List<String> args) throws UsageException {
        return switch (command) {
            case "status" -> {
                boolean exitCode = args.contains("--exit-code");
                yield new Status(
                        CommandTarget.list(CommandArguments.without("--exit-code", args)),
                        exitCode);
            }
            case "show" -> {
                boolean graph = args.contains("--graph");
                yield new Show(
                        CommandTarget.list(CommandArguments.without("--graph", args)), graph);
            }
            case "reload" -> CommandArguments.reload(args);
            case "plan" -> new Plan(CommandTarget.list(args));
            case "confirm" -> withoutTargets(command, args, new Confirm());
            case "upgrade" -> upgrade(args);
            case "upgrade_fleet" -> new Upgrade(CommandTarget.list(args), true);
            case "history" -> new History(CommandArguments.wholes(command, args));
            case "rollback" -> CommandArguments.rollback(args);
            case "promote" -> new Promote(CommandArguments.rollouts(command, args));
            case "abort" -> new Abort(CommandArguments.rollouts(command, args));
            case "start" -> new Start(CommandTarget.list(args));
            case "stop" -> new Stop(CommandArguments.named(command, args));
            case "restart" -> new Restart(CommandArguments.named(command, args));
            case "inc" -> CommandArguments.increase(args);
            case "dec" -> CommandArguments.decrease(args);
            case "scale" -> CommandArguments.scale(args);
            case "signal" -> CommandArguments.deliver(args);
            case "events" -> CommandArguments.events(args);
            case "explain" -> new Explain(CommandTarget.list(args));
            case "wait" -> CommandArguments.waiting(args);
            case "logs" -> new Logs(CommandTarget.list(args));
            case "die" -> CommandArguments.die(args);
            case "reexec" -> withoutTargets(command, args, new Reexec());
            case "version" -> withoutTargets(command, args, new Version());
            case "set_workers" -> CommandArguments.setWorkers(args);
            case "state" -> withoutTargets(command, args, new State());
            case "ehlo" -> new Greet(String.join(" ", args));
            case "help" -> new Help();
            case "quieter" -> withoutTargets(command, args, new Loudness(false));
            case "louder" -> withoutTargets(command, args, new Loudness(true));
            case "config" ->
                    throw new UsageException(
                            "'config' is not taken: the file says how things are; change it and"
                                    + " 'reload'");
            default ->
                    throw new UsageException(
                            "unknown command '"
                                    + command
                                    + "'; einhyrningsinsctl(1) lists the commands");
        };
    }

    private static ControlCommand upgrade(List<String> args) throws UsageException {
        boolean fleet = !args.isEmpty() && args.get(0).equals("--fleet");
        return new Upgrade(CommandTarget.list(fleet ? args.subList(1, args.size()) : args), fleet);
    }

    private static ControlCommand withoutTargets(
            String command, List<String> args, ControlCommand controlCommand)
            throws UsageException {
        if (!args.isEmpty()) {
            throw new UsageException("'" + command + "' takes no arguments");
        }
        return controlCommand;
    }
}
