// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.control.wire.ExitStatus;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// `init`: a first file, that runs as it is and has a line for each key. A line that begins with
/// `#` and a key, without a blank between, is meant to be uncommented.
public final class StarterFile {
    /// Default name of the file.
    static final String USUAL = "services.yaml";

    public static final String TEXT =
            """
            # A file for einhyrningsins. It runs as it is:
            #
            #   einhyrningsins check services.yaml     # is it valid?
            #   einhyrningsins -c services.yaml        # runs it, in the foreground
            #   einhyrningsinsctl status               # in another terminal: what runs
            #   einhyrningsinsctl reload               # after a change: takes it over, loses no connection
            #
            # What follows a # at once is a key that is not used yet: remove the #. All there is to know about
            # each is in einhyrningsins.yaml(5).

            #control: { allow: { admin: ["@root"], read: [] } }   # the operator's socket: who may do everything, or look
            #log: { level: debug }           # the manager's own log: error, warn, info or debug
            #state-dir: /run/einhyrningsins  # where the manager keeps what it has to remember
            #http: { bind: 127.0.0.1:9911 }  # metrics and a status page, for whoever can connect
            #include: [conf.d/*.yaml]        # more programs, in files of their own

            # Keys that are put under every program.
            defaults:
              stop: { signal: TERM, timeout: 10s }   # how a worker is told to go; KILL comes last
              #logs: /var/log/services.log           # where workers write: a file, null, or inherit

            programs:
              # The name that commands know it by: einhyrningsinsctl reload hello
              hello:
                # What runs: a list of words, which no shell reads unless it is one.
                command: [sh, -c, 'echo "$GREETING from slot ${slot}"; exec sleep 31536000']
                workers: 2                           # how many; cpus for one on each processor
                env: { GREETING: hello }             # variables; workers inherit those of the manager too
                ack: { mode: log, match: "from slot" }   # up when it writes that; or notify, manual, fd, probe, timer
                rollout:                             # what a reload does:
                  strategy: smooth                   # starts the new one first; or fleet, replace
                  #canary: { workers: 1, watch: 30s } # watches the first before the others follow
                restart: always                      # when one dies; or on-failure, never
                #directory: /                        # where it runs; otherwise where this file is
                #env-file: [hello.env]               # more variables, in lines of NAME=value
                #drop-env: [AWS_SECRET_ACCESS_KEY]   # what it shall not inherit
                #user: nobody                        # as whom it runs; needs a manager with the right to it
                #group: nogroup                      # otherwise the groups of the user
                #umask: "027"                        # permission bits that its new files go without
                #nice: 10                            # from -20, important, to 19
                #limits: { nofile: 65536, core: 0 }  # of setrlimit(2)
                #no-new-privs: true                  # with user the default: nothing gains rights, not by sudo either
                #capabilities: [NET_BIND_SERVICE]    # with user it has none
                #oom-score-adj: 500                  # first to be killed when memory runs out
                #cpus: "0-3"                         # on which processors it runs; otherwise all
                #cgroup: { tasks: 200, program: { memory-max: 2GiB } } # limits of a worker; of all of them together
                #sandbox: { write: [/var/lib/hello], connect: [5432] }  # what it may reach
                #credentials: { host: /etc/hostname } # files of $CREDENTIALS_DIRECTORY, which only it can read
                #directories: [/run/hello]           # made before it starts, and given to its user
                #io-class: idle                      # or best-effort:0 to best-effort:7
                #health: { exec: [./check], every: 5s } # a worker that is not well is replaced
                #watchdog: 30s                       # so is one that gives no sign of life for so long
                #max-age: 24h                        # and one that gets that old
                #memory-max: 512MiB                  # or that large
                # A socket, which the manager holds and all workers share; the first is descriptor 3.
                # With per-worker: true in it, each has one of its own on that address.
                #bind: [{ name: http, tcp: "127.0.0.1:8080" }]
                #stdin: http                         # that socket as descriptor 0 too, as a JVM needs it
                #protocols: [nginx]                  # for servers that find their sockets in their own way
                #worker-socket: own                  # where EINHORN_SOCK_PATH leads; or control
                #worker-socket-fd: true              # a descriptor to say on that the worker is up
                #on-manager-death: stop              # what workers do when the manager is killed; or continue
                #after: []                           # programs to be up before it starts, such as [db]
            """;

    /// Below a directory that is laid out as /usr/share is.
    private static final String SCHEMA = "einhyrningsins/services.schema.json";

    private final TextOutput out;
    private final TextOutput err;

    public StarterFile(TextOutput out, TextOutput err) {
        this.out = out;
        this.err = err;
    }

    /// Writes it, but never over a file.
    ///
    /// @param name of the file; `-` for stdout
    /// @return the exit status
    public int write(String name) {
        String text = modeline(System.getProperty("einhyrningsins.home")) + TEXT;
        if (name.equals("-")) {
            out.print(text);
            return ExitStatus.DONE.code();
        }
        try {
            Files.writeString(Path.of(name), text, StandardOpenOption.CREATE_NEW);
        } catch (IOException e) {
            err.print(CommandNames.MANAGER + ": cannot write " + name + ": " + reason(e));
            return ExitStatus.FAILED.code();
        }
        out.print("wrote " + name + "; run it by '" + CommandNames.MANAGER + " -c " + name + "'");
        return ExitStatus.DONE.code();
    }

    /// Names the schema for editors, if it is there: beside the program, or where a distribution
    /// has it. Empty if it is not.
    ///
    /// @param home the directory of the program; null if it was not started by its launcher
    public static String modeline(@Nullable String home) {
        if (home == null) {
            return "";
        }
        Path program = Path.of(home);
        Path real;
        try {
            real = program.toRealPath();
        } catch (IOException moved) {
            real = program.toAbsolutePath().normalize();
        }
        for (String share : List.of("share", "../../../share", "../../share")) {
            Path schema = real.resolve(share).resolve(SCHEMA).normalize();
            if (Files.exists(schema)) {
                return "# yaml-language-server: $schema=" + schema + "\n";
            }
        }
        return "";
    }

    private static String reason(IOException e) {
        return switch (e) {
            case FileAlreadyExistsException _ ->
                    "it is there already; name another, or - to see it";
            case NoSuchFileException _ -> "there is no such directory";
            default -> e.toString();
        };
    }
}
