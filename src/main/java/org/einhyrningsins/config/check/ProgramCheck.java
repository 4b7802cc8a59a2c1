// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.check;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Warnings of what the definition of a program names: executables and files that are missing, and
/// those that other users may change.
public final class ProgramCheck {
    /// Stands in for the first word of a command that has a problem.
    public static final TextTemplate NO_COMMAND = TextTemplate.of("?");

    private final ExecutableLookup executableLookup;
    private final LogPathCheck logs = new LogPathCheck();
    private final KernelRights rights;

    public ProgramCheck(LoadEnvironment loadEnvironment) {
        this.executableLookup = new ExecutableLookup(loadEnvironment.environment());
        this.rights = loadEnvironment.rights();
    }

    /// Warns of what is missing or in the way; it may be otherwise with the next deployment.
    ///
    /// @param program where the definition stands
    /// @param envFiles the files of variables that it names
    public void check(ConfigFields program, ProgramSpec spec, List<Path> envFiles) {
        executables(program, spec);
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
        warnOfOtherOwners(program, spec, envFiles, log);
    }

    private void executables(ConfigFields program, ProgramSpec spec) {
        TextTemplate first = spec.command().getFirst();
        String objection = first.equals(NO_COMMAND) ? null : missing(first, spec);
        if (objection != null) {
            program.warn("command", objection);
        }
        HealthSpec health = spec.monitoring().health();
        if (health != null && health.target() instanceof AckSpec.ExecTarget check) {
            String missing = missing(check.command().getFirst(), spec);
            if (missing != null) {
                program.warn("health", missing);
            }
        }
    }

    private @Nullable String missing(TextTemplate word, ProgramSpec spec) {
        return executableLookup.objection(
                Release.apply(spec.release(), word),
                spec.workingDirectory(),
                spec.env(),
                spec.dropEnv());
    }

    /// Warns of users besides root, the manager's and the program's who may change its files.
    private void warnOfOtherOwners(
            ConfigFields program, ProgramSpec spec, List<Path> envFiles, @Nullable Path log) {
        String user = spec.identity().user();
        Path executable =
                executableLookup.found(
                        spec.command().getFirst(), spec.directory(), spec.env(), spec.dropEnv());
        if (executable != null) {
            warnOf(program, "command", executable, user, true, "have it run something else");
        }
        for (Path file : envFiles) {
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
        KernelRights.Stranger stranger = rights.otherOwner(file, user, groups);
        if (stranger != null) {
            program.warn(key, stranger.could(what));
        }
    }
}
