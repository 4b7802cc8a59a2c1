// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// A command with its arguments understood. The client reads one to tell its user of mistakes
/// before it asks, the manager to know what to do: there is one language and this is where it is
/// defined. An empty list of targets means every program.
public sealed interface Order {
    /// The most workers a program can have.
    int MOST_WORKERS = 10_000;

    /// How the programs are.
    record Status(List<Target> targets) implements Order {}

    /// How the programs are, with each worker and socket.
    ///
    /// @param graph instead of that, which of them starts after which
    record Show(List<Target> targets, boolean graph) implements Order {}

    /// Read the file again; roll what changed, and what is named whether it changed or not.
    ///
    /// @param confirm go back to what was before, unless that is confirmed in that time; null to
    ///   stay
    /// @param reset what was stopped or scaled by hand is as the file says it again
    record Reload(List<Target> targets, @Nullable Duration confirm, boolean reset)
            implements Order {}

    /// What `reload` would do.
    record Plan(List<Target> targets) implements Order {}

    /// Stay with what the last reload brought.
    record Confirm() implements Order {}

    /// Roll onto the definition as it is.
    ///
    /// @param fleet all new workers are up before any old one is told to go
    record Upgrade(List<Target> targets, boolean fleet) implements Order {}

    /// Let a rollout go on from its canary.
    record Promote(List<Target> targets) implements Order {}

    /// End a rollout and bring the old version back.
    record Abort(List<Target> targets) implements Order {}

    record Start(List<Target> targets) implements Order {}

    record Stop(List<Target> targets) implements Order {}

    /// Stop, then start.
    record Restart(List<Target> targets) implements Order {}

    /// That many workers more.
    record Increase(List<Target> targets, int by) implements Order {}

    /// That many workers fewer.
    record Decrease(List<Target> targets, int by) implements Order {}

    /// That many workers.
    record Scale(List<Target> targets, int workers) implements Order {}

    /// Send signals to workers, one after the other.
    record Deliver(List<Signal> signals, List<Target> targets) implements Order {}

    /// Stop everything and exit.
    ///
    /// @param first sent instead of the first signal of each program's own steps; null for those
    record Die(@Nullable Signal first) implements Order {}

    /// Let the manager replace itself by its newest version.
    record Reexec() implements Order {}

    /// Tell what happens from now on, as progress, until the client goes away.
    record Events(List<Target> targets) implements Order {}

    /// Tell where what the workers write is to be read.
    record Logs(List<Target> targets) implements Order {}

    /// Which manager this is.
    record Version() implements Order {}

    /// Everything there is to know, in the shape that einhorn's clients read.
    record State() implements Order {}

    /// Say who you are.
    ///
    /// @param user who asks, as they call themselves; empty if they do not
    record Greet(String user) implements Order {}

    /// What can be asked.
    record Help() implements Order {}

    /// Log more, or less.
    record Loudness(boolean more) implements Order {}

    /// The order that a command and its arguments are.
    static Order read(String command, List<String> args) throws UsageException {
        return switch (command) {
            case "status" -> new Status(Target.list(args));
            case "show" -> {
                boolean graph = args.contains("--graph");
                yield new Show(Target.list(OrderWords.without("--graph", args)), graph);
            }
            case "reload" -> OrderWords.reload(args);
            case "plan" -> new Plan(Target.list(args));
            case "confirm" -> alone(command, args, new Confirm());
            case "upgrade" -> upgrade(args);
            case "upgrade_fleet" -> new Upgrade(Target.list(args), true);
            case "promote" -> new Promote(OrderWords.rollouts(command, args));
            case "abort" -> new Abort(OrderWords.rollouts(command, args));
            case "start" -> new Start(Target.list(args));
            case "stop" -> new Stop(OrderWords.named(command, args));
            case "restart" -> new Restart(OrderWords.named(command, args));
            case "inc" -> OrderWords.increase(args);
            case "dec" -> OrderWords.decrease(args);
            case "scale" -> OrderWords.scale(args);
            case "signal" -> OrderWords.deliver(args);
            case "events" -> new Events(Target.list(args));
            case "logs" -> new Logs(Target.list(args));
            case "die" -> OrderWords.die(args);
            case "reexec" -> alone(command, args, new Reexec());
            case "version" -> alone(command, args, new Version());
            case "set_workers" -> OrderWords.setWorkers(args);
            case "state" -> alone(command, args, new State());
            case "ehlo" -> new Greet(String.join(" ", args));
            case "help" -> new Help();
            case "quieter" -> alone(command, args, new Loudness(false));
            case "louder" -> alone(command, args, new Loudness(true));
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

    private static Order upgrade(List<String> args) throws UsageException {
        boolean fleet = !args.isEmpty() && args.get(0).equals("--fleet");
        return new Upgrade(Target.list(fleet ? args.subList(1, args.size()) : args), fleet);
    }

    private static Order alone(String command, List<String> args, Order order)
            throws UsageException {
        if (!args.isEmpty()) {
            throw new UsageException("'" + command + "' takes no arguments");
        }
        return order;
    }
}
