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

/// Writes the first file of `init`, which runs as it is and has a line for each key. A line that
/// begins with `#` and a key, without a blank between, is meant to be uncommented.
public final class StarterFile {
    /// Default name of the file.
    static final String USUAL = "services.yaml";

    public static final String TEXT =
            """
            # A configuration of einhyrningsins. It runs as it is:
            #
            #   einhyrningsins check services.yaml     # check it
            #   einhyrningsins -c services.yaml        # run it, in the foreground
            #   einhyrningsinsctl status               # in another terminal: show what runs
            #   einhyrningsinsctl reload               # apply changes of this file, without losing a connection
            #
            # A # directly before a key turns the key off: remove the # to set it. einhyrningsins.yaml(5) describes
            # each key.

            #control: { allow: { admin: ["@root"], read: [] } }   # the control socket: who may do all, who may read
            #log: { level: debug }           # log of the manager: error, warn, info or debug
            #state-dir: /run/einhyrningsins  # state of the manager, for a restart after kill -9
            #http: { bind: 127.0.0.1:9911 }  # metrics and a status page, for all who can connect
            #include: [conf.d/*.yaml]        # files with more programs

            #groups: { greeters: [hello] }    # a name for several programs, for commands and after

            # Keys that are put under every program.
            defaults:
              stop: { signal: TERM, timeout: 10s }   # first signal; KILL follows after the timeout
              #logs: /var/log/services.log           # output of workers: a file, null, journal or inherit

            programs:
              # The name of the program, as in: einhyrningsinsctl reload hello
              hello:
                # The program and its arguments. No shell reads them, unless you run one.
                command: [sh, -c, 'echo "$GREETING from slot ${slot}"; exec sleep 31536000']
                workers: 2                           # number of workers; cpus: one for each processor
                env: { GREETING: hello }             # variables, in addition to those of the manager
                ack: { mode: log, match: "from slot" }   # ready when it writes this; or notify, manual, fd, probe, timer
                rollout:                             # how a reload replaces workers
                  strategy: smooth                   # start the new worker, then stop the old one; or fleet, replace
                  #canary: { workers: 1, watch: 30s } # watch the first new worker before the others follow
                restart: always                      # start a worker again when it ends; or on-failure, never
                #directory: /                        # working directory; default: the directory of this file
                #release: /srv/hello/current          # link to the release; default: the one in the path of directory or command
                #env-file: [hello.env]               # files of variables, with lines NAME=value
                #drop-env: [AWS_SECRET_ACCESS_KEY]   # variables of the manager that workers do not inherit
                #user: nobody                        # user of the workers; the manager needs the right to change it
                #group: nogroup                      # group of the workers; default: the groups of the user
                #umask: "027"                        # permission bits that new files do not get
                #nice: 10                            # priority, from -20 (first) to 19 (last)
                #limits: { nofile: 65536, core: 0 }  # limits of setrlimit(2)
                #no-new-privs: true                  # no new rights, as by sudo; default with user: true
                #capabilities: [NET_BIND_SERVICE]    # capabilities that workers keep; default with user: none
                #oom-score-adj: 500                  # -1000 to 1000: the highest is killed first without memory
                #cpus: "0-3"                         # processors to run on; default: all
                #cgroup: { tasks: 200, program: { memory-max: 2GiB } } # limits of each worker, and of the whole program
                #sandbox: { write: [/var/lib/hello], connect: [5432] }  # files and ports that workers can use
                #credentials: { host: /etc/hostname } # secret files, in $CREDENTIALS_DIRECTORY of the worker
                #directories: [/run/hello]           # directories made before the start, owned by the user
                #io-class: idle                      # or best-effort:0 to best-effort:7
                #health: { exec: [./check], every: 5s } # replace a worker that fails this check
                #watchdog: 30s                       # replace a worker without a sign of life for this time
                #max-age: 24h                        # replace a worker of this age
                #memory-max: 512MiB                  # replace a worker that uses more memory
                # A socket that the manager holds and all workers share, as descriptor 3.
                # With per-worker: true, each worker has a socket of its own on this address.
                #bind: [{ name: http, tcp: "127.0.0.1:8080" }]
                #stdin: http                         # this socket also as descriptor 0, as a JVM needs it
                #protocols: [nginx]                  # other ways to pass the sockets
                #worker-socket: own                  # the socket at EINHORN_SOCK_PATH: own or control
                #worker-socket-fd: true              # also pass a descriptor for the ack
                #on-manager-death: stop              # when the manager is killed: stop or continue
                #kind: job                           # its worker does its work and ends
                #timeout: 2h                         # longest time for that; only with kind: job
                #retries: 3                          # new starts after a failure; only with kind: job
                #schedule: "30 2 * * 1-5"            # when it runs by itself, as in crontab(5), or @daily; only with kind: job
                #time-zone: Europe/Berlin            # of its schedule; without it the machine's
                #overlap: skip                       # of a run that is due during another: skip, wait or kill (that)
                #jitter: 0                           # longest random delay of a run
                #catch-up: false                     # true: one run for those that were missed
                #start: manual                       # not with the manager; by the command start
                #after: []                           # programs that must be ready first, such as [db], or
                                                     # { program: migrate, when: done, restart-with: true }
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
        out.print("wrote " + name + "; run it with '" + CommandNames.MANAGER + " -c " + name + "'");
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
