// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.explain;

import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;

import java.util.List;
import java.util.Map;

/// Advice on a signal that killed a worker: its usual causes, and the tools to find out more. The
/// kernel does not tell a parent who sent the signal that killed its child; of the signals of the
/// kernel itself it is known what they are for.
final class SignalHints {
    private static final long SHORTLY = 5_000;
    private static final String BY = ", by ";

    private SignalHints() {}

    /// @param facts of the program and the manager, the oldest first
    /// @param failure an end by a signal
    /// @param limits the resource limits of its definition
    static String of(List<Fact> facts, Fact failure, Map<Resource, Limit> limits) {
        String signal = failure.detail("signal");
        for (Fact fact : facts.reversed()) {
            long before = failure.atMillis() - fact.atMillis();
            if (before >= 0 && before < SHORTLY && sends(fact, failure, signal)) {
                return "it was sent by an operator: " + fact.message();
            }
        }
        return of(signal, !failure.detail("core").isEmpty(), limits);
    }

    /// True if a command sent that signal to that worker.
    private static boolean sends(Fact command, Fact failure, String signal) {
        if (!command.detail("command").equals("signal")) {
            return false;
        }
        int end = command.message().lastIndexOf(BY);
        String words = end < 0 ? command.message() : command.message().substring(0, end);
        boolean same = false;
        boolean other = false;
        for (String word : words.split(" ", -1)) {
            same |= Signal.of(word).filter(sent -> signal.equals("SIG" + sent)).isPresent();
            other |=
                    word.startsWith(failure.program() + ":")
                            && !word.contains("-")
                            && !word.matches(".*[:,]" + failure.slot() + "(,.*)?");
        }
        return same && !other;
    }

    /// @param signal as in `SIGKILL`
    /// @param core whether a core was dumped
    static String of(String signal, boolean core, Map<Resource, Limit> limits) {
        return switch (signal) {
            case "SIGSEGV" ->
                    "it crashed: it used memory that it does not have" + dump(core, limits);
            case "SIGBUS" ->
                    "it crashed: it used a part of a mapped file that is not there (the file was"
                            + " cut, or its disk or /dev/shm is full)"
                            + dump(core, limits);
            case "SIGILL" ->
                    "it crashed: an instruction that this processor does not know, or a trap of its"
                            + " own"
                            + dump(core, limits);
            case "SIGFPE" -> "it crashed: a division by zero or the like" + dump(core, limits);
            case "SIGTRAP" -> "it stopped itself at a trap" + dump(core, limits);
            case "SIGABRT" ->
                    "it gave up by itself (abort, assert, out of memory of its own): its last lines"
                            + " may say why"
                            + dump(core, limits);
            case "SIGSYS" ->
                    "it made a system call that a seccomp filter forbids, its own or that of a"
                        + " container: 'journalctl -k' or 'ausearch -m SECCOMP' may name the call";
            case "SIGXCPU" ->
                    "it used more processor time than limits.cpu allows"
                            + soft(limits, Resource.CPU, "s");
            case "SIGXFSZ" ->
                    "it wrote a file larger than limits.fsize allows"
                            + soft(limits, Resource.FSIZE, " bytes");
            case "SIGPIPE" ->
                    "it wrote to a pipe or connection whose other end was closed, and does not"
                            + " ignore SIGPIPE";
            case "SIGKILL" -> killed(limits);
            case "SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM" ->
                    "not by this manager, nor by a key of a terminal, since workers have a session"
                            + " of their own: another process sent it, or the worker itself"
                            + watch(signal);
            case "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF" ->
                    "it has no handler for that signal, or had none yet; another process sent it,"
                            + " or a timer or call of its own";
            default ->
                    "it has no handler for that signal; another process sent it, or the worker"
                            + " itself";
        };
    }

    private static String killed(Map<Resource, Limit> limits) {
        Limit cpu = limits.get(Resource.CPU);
        String limit =
                cpu == null || cpu.hard() == Limit.UNLIMITED
                        ? ""
                        : ", or limits.cpu, which kills at " + cpu.hard() + "s";
        return "not by this manager: another process sent it, or the kernel ('journalctl -k' tells"
                + " of memory that ran out)"
                + limit
                + watch("SIGKILL");
    }

    /// The way to see the sender of the next one.
    private static String watch(String signal) {
        int number = Signal.of(signal).map(Signal::number).orElse(0);
        return "; the kernel does not tell who. To see the next: 'auditctl -a always,exit -S kill"
                + " -F a1="
                + number
                + "', then 'ausearch -sc kill'";
    }

    private static String dump(boolean core, Map<Resource, Limit> limits) {
        if (core) {
            return "; its core is where kernel.core_pattern says: see 'coredumpctl'";
        }
        Limit limit = limits.get(Resource.CORE);
        return limit != null && limit.soft() == 0
                ? "; no core was kept, since limits.core is 0"
                : "; no core was kept: limits.core: unlimited may have one";
    }

    private static String soft(Map<Resource, Limit> limits, Resource resource, String unit) {
        Limit limit = limits.get(resource);
        return limit == null
                ? ": the limit is the manager's own, see prlimit(1)"
                : " (" + limit.soft() + unit + ")";
    }
}
