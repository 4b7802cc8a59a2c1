// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.util.List;
import java.util.Locale;

/// The kinds of maps in a file, and the keys each may hold. `schema/services.schema.json` says the
/// same to editors, with a description of each key; a test keeps the two in step.
public record Shape(String name, List<String> keys) {
    public static final Shape FILE =
            new Shape(
                    "file",
                    List.of(
                            "control",
                            "log",
                            "state-dir",
                            "http",
                            "include",
                            "defaults",
                            "programs"));
    public static final Shape INCLUDED = new Shape("included", List.of("programs"));
    public static final Shape CONTROL =
            new Shape("control", List.of("socket", "mode", "allow", "keeper"));
    public static final Shape ALLOW = new Shape("allow", List.of("admin", "read"));
    public static final Shape LOG = new Shape("log", List.of("level", "format", "syslog"));
    public static final Shape HTTP = new Shape("http", List.of("bind", "allowed-hosts"));
    public static final Shape HTTP_BIND =
            new Shape("http-bind", List.of("tcp", "unix", "ipv6-only", "mode", "owner", "group"));
    public static final Shape PROGRAM =
            new Shape(
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
    public static final Shape LIMITS =
            new Shape(
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
    public static final Shape DIRECTORY = new Shape("directory", List.of("path", "mode"));
    public static final Shape SANDBOX =
            new Shape("sandbox", List.of("read", "write", "connect", "bind", "scope", "required"));
    public static final Shape CGROUP =
            new Shape(
                    "cgroup",
                    List.of("memory-max", "memory-high", "cpu", "tasks", "io-weight", "program"));
    public static final Shape PROGRAM_CGROUP =
            new Shape(
                    "program-cgroup",
                    List.of("memory-max", "memory-high", "cpu", "tasks", "io-weight"));
    public static final Shape BIND =
            new Shape(
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
    public static final Shape ACK =
            new Shape(
                    "ack",
                    List.of(
                            "mode", "timeout", "after", "timer", "probe", "tcp", "http", "exec",
                            "every", "fd", "match"));
    public static final Shape PROBE =
            new Shape("probe", List.of("tcp", "http", "exec", "every", "timeout"));
    public static final Shape HEALTH =
            new Shape("health", List.of("tcp", "http", "exec", "every", "timeout", "failures"));
    public static final Shape STOP = new Shape("stop", List.of("signal", "timeout", "then", "to"));
    public static final Shape RESTART =
            new Shape("restart", List.of("when", "backoff", "give-up", "burst"));
    public static final Shape BACKOFF = new Shape("backoff", List.of("first", "factor", "max"));
    public static final Shape GIVE_UP = new Shape("give-up", List.of("deaths", "within"));
    public static final Shape ROLLOUT =
            new Shape(
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
    public static final Shape CANARY = new Shape("canary", List.of("workers", "watch"));

    public static final Shape LOGS =
            new Shape("logs", List.of("to", "max-size", "max-age", "keep", "compress", "prefix"));

    public static final List<Shape> ALL =
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
