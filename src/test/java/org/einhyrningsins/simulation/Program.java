// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// A program of a world: what the file says of it, and how its versions are.
final class Program {
    final String name;
    final String ack;
    final boolean canary;
    final boolean bystander;
    final String strategy;
    final int workers;
    final List<String> sockets;

    /// Versions that do not come up.
    final Set<Integer> bad = new HashSet<>();

    /// Versions that come up, and of which each worker fails some seconds later.
    final Set<Integer> late = new HashSet<>();

    /// As in `restart`. Who is not always restarted ends by itself.
    String restart = "always";

    /// Those that it comes after.
    List<String> after = List.of();

    /// A version that fails soon after its rollout is rolled back.
    boolean rollback;

    /// So many of its runs fail, if it ends; the next one ends well.
    int failures;

    /// How often it was run.
    int runs;

    /// It ended well.
    boolean well;

    Set<Want> possible;
    int version = 1;

    /// The file has it no more.
    boolean gone;

    /// What it gave away, or is to.
    final Set<String> gave = new HashSet<>();

    /// It has not served yet: if it fails to take something over, it is forgotten, and so is what
    /// an operator made of it.
    boolean isNew;

    /// The newest that was told to run.
    int done = 1;

    boolean busy;

    /// Something was to change hands, and it is to have it.
    boolean receives;

    /// What an operator may have told a program to be.
    record Want(boolean stopped, int count) {}

    Program(
            String name,
            String ack,
            boolean canary,
            boolean bystander,
            String strategy,
            int workers,
            List<String> sockets) {
        this.name = name;
        this.ack = ack;
        this.canary = canary;
        this.bystander = bystander;
        this.strategy = strategy;
        this.workers = workers;
        this.sockets = new ArrayList<>(sockets);
        possible = Set.of(new Want(false, workers));
    }

    /// The same under another name, as an operator wants it, or as the file has it if it is taken
    /// for another one.
    Program renamed(String other) {
        Program same = new Program(other, ack, canary, false, strategy, workers, sockets);
        same.rollback = rollback;
        same.possible = new LinkedHashSet<>(possible);
        same.possible.add(new Want(false, workers));
        return same;
    }

    /// Whether it does its work and ends.
    boolean ends() {
        return !restart.equals("always");
    }

    /// Who replaces its workers before others are up may be in no circle of those that give and
    /// receive.
    boolean canReceive() {
        return !strategy.equals("replace") && !ends() && sockets.size() < Shop.MAX_SOCKETS;
    }

    boolean mayBeStopped() {
        return possible.stream().anyMatch(Want::stopped);
    }

    /// Its part of the file.
    void write(StringBuilder text) {
        text.append("  ").append(name).append(":\n");
        text.append("    command: [/bin/worker]\n    directory: /tmp\n");
        text.append("    workers: ").append(workers).append('\n');
        text.append("    env: { VERSION: \"").append(version).append("\" }\n");
        text.append("    ack: ").append(ack()).append('\n');
        text.append("    stop: { signal: TERM, timeout: 2s }\n");
        text.append("    restart: { when: ").append(restart);
        text.append(", backoff: { first: 100ms, max: 3s } }\n");
        text.append("    rollout: { rollback-within: ").append(rollback ? "1m" : "0");
        text.append(", strategy: ").append(strategy);
        text.append(canary ? ", canary: { watch: 2s } }\n" : " }\n");
        if (!after.isEmpty()) {
            text.append("    after: ").append(after).append('\n');
        }
        if (!sockets.isEmpty()) {
            text.append("    bind:\n");
        }
        for (String socket : sockets) {
            text.append("      - ").append(socket(socket)).append('\n');
        }
    }

    private String ack() {
        return switch (ack) {
            case "timer" -> "{ timer: 200ms }";
            case "fd" -> "{ mode: fd, fd: " + Shop.ACK_FD + ", timeout: 3s }";
            default -> "{ mode: " + ack + ", timeout: 3s }";
        };
    }

    private static String socket(String address) {
        String name = address.replaceAll("[^0-9a-z]", "");
        String kind = address.startsWith("/") ? "unix" : "tcp";
        return "{ name: s" + name + ", " + kind + ": \"" + address + "\" }";
    }
}
