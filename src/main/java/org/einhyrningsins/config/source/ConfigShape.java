// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.util.List;
import java.util.Locale;

/// The kinds of maps in a file, and the keys each may hold. `schema/services.schema.json` says the
/// same to editors, with a description of each key; a test keeps the two in step.
public record ConfigShape(String name, List<String> keys) {
    public static final ConfigShape FILE =
            new ConfigShape(
                    "file",
                    List.of(
                            "control",
                            "log",
                            "state-dir",
                            "http",
                            "include",
                            "defaults",
                            "programs"));
    public static final ConfigShape INCLUDED = new ConfigShape("included", List.of("programs"));
    public static final ConfigShape CONTROL =
            new ConfigShape("control", List.of("socket", "mode", "allow", "keeper"));
    public static final ConfigShape ALLOW = new ConfigShape("allow", List.of("admin", "read"));
    public static final ConfigShape LOG =
            new ConfigShape("log", List.of("level", "format", "syslog"));
    public static final ConfigShape HTTP =
            new ConfigShape("http", List.of("bind", "allowed-hosts"));
    public static final ConfigShape HTTP_BIND =
            new ConfigShape(
                    "http-bind", List.of("tcp", "unix", "ipv6-only", "mode", "owner", "group"));
    public static final ConfigShape PROGRAM =
            new ConfigShape(
                    "program",
                    List.of(
                            "command",
                            "directory",
                            "env",
                            "env-file",
                            "drop-env",
                            "user",
                            "group",
                            "umask",
                            "nice",
                            "limits",
                            "no-new-privs",
                            "capabilities",
                            "oom-score-adj",
                            "cpus",
                            "io-class",
                            "directories",
                            "credentials",
                            "sandbox",
                            "cgroup",
                            "workers",
                            "bind",
                            "stdin",
                            "protocols",
                            "ack",
                            "stop",
                            "restart",
                            "rollout",
                            "logs",
                            "worker-socket",
                            "worker-socket-fd",
                            "on-manager-death",
                            "health",
                            "watchdog",
                            "max-age",
                            "memory-max",
                            "after"));
    public static final ConfigShape LIMITS =
            new ConfigShape(
                    "limits",
                    List.of(
                            "cpu",
                            "fsize",
                            "data",
                            "stack",
                            "core",
                            "rss",
                            "nproc",
                            "nofile",
                            "memlock",
                            "as",
                            "locks",
                            "sigpending",
                            "msgqueue",
                            "nice",
                            "rtprio",
                            "rttime"));
    public static final ConfigShape DIRECTORY =
            new ConfigShape("directory", List.of("path", "mode"));
    public static final ConfigShape SANDBOX =
            new ConfigShape(
                    "sandbox", List.of("read", "write", "connect", "bind", "scope", "required"));
    public static final ConfigShape CGROUP =
            new ConfigShape(
                    "cgroup",
                    List.of("memory-max", "memory-high", "cpu", "tasks", "io-weight", "program"));
    public static final ConfigShape PROGRAM_CGROUP =
            new ConfigShape(
                    "program-cgroup",
                    List.of("memory-max", "memory-high", "cpu", "tasks", "io-weight"));
    public static final ConfigShape BIND =
            new ConfigShape(
                    "bind",
                    List.of(
                            "name",
                            "tcp",
                            "udp",
                            "unix",
                            "reuse-address",
                            "non-blocking",
                            "backlog",
                            "ipv6-only",
                            "mode",
                            "owner",
                            "group",
                            "per-worker"));
    public static final ConfigShape ACK =
            new ConfigShape(
                    "ack",
                    List.of(
                            "mode", "timeout", "after", "timer", "probe", "tcp", "http", "exec",
                            "every", "fd", "match"));
    public static final ConfigShape PROBE =
            new ConfigShape("probe", List.of("tcp", "http", "exec", "every", "timeout"));
    public static final ConfigShape HEALTH =
            new ConfigShape(
                    "health", List.of("tcp", "http", "exec", "every", "timeout", "failures"));
    public static final ConfigShape STOP =
            new ConfigShape("stop", List.of("signal", "timeout", "then", "to"));
    public static final ConfigShape RESTART =
            new ConfigShape("restart", List.of("when", "backoff", "give-up", "burst"));
    public static final ConfigShape BACKOFF =
            new ConfigShape("backoff", List.of("first", "factor", "max"));
    public static final ConfigShape GIVE_UP =
            new ConfigShape("give-up", List.of("deaths", "within"));
    public static final ConfigShape ROLLOUT =
            new ConfigShape(
                    "rollout",
                    List.of(
                            "strategy",
                            "max-surge",
                            "max-unacked",
                            "settle",
                            "retries",
                            "canary",
                            "probation",
                            "rollback-within",
                            "count-draining",
                            "drain-timeout"));
    public static final ConfigShape CANARY = new ConfigShape("canary", List.of("workers", "watch"));

    public static final ConfigShape LOGS =
            new ConfigShape(
                    "logs", List.of("to", "max-size", "max-age", "keep", "compress", "prefix"));

    public static final List<ConfigShape> ALL =
            List.of(
                    FILE, INCLUDED, CONTROL, ALLOW, LOG, HTTP, HTTP_BIND, PROGRAM, LIMITS,
                    DIRECTORY, SANDBOX, CGROUP, BIND, ACK, PROBE, HEALTH, STOP, RESTART, BACKOFF,
                    GIVE_UP, ROLLOUT, CANARY, LOGS);

    public boolean has(String key) {
        return keys.contains(key);
    }

    /// A constant as the file writes it: `ON_FAILURE` is `on-failure`.
    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
