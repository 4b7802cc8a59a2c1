// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigShape;

import java.util.List;
import java.util.Map;

/// Words of other managers (compose, supervisord, systemd, pm2, circus, einhorn, Kubernetes) for
/// what is written differently here.
public final class ForeignKeywordTable {
    /// Words for keys of a probe and of a health check.
    private static final String TARGET =
            """
            interval period periodseconds: write `every: <5s>`
            timeoutseconds: write `timeout: <1s>`
            url path endpoint uri get httpget: write `http: "GET http://{http}/healthz"`
            port socket tcpsocket: write `tcp: http`, the name of a socket of `bind`
            command cmd test script run: write `exec: [./check]`
            """;

    /// Words by the kind of map: without case, `-` and `_`, a colon, and what to write.
    private static final Map<String, String> KEYS =
            Map.ofEntries(
                    Map.entry(
                            "file",
                            """
                            services apps processes watchers: write `programs:`, with a name and its settings below it; `einhyrningsins import FILE` does that for a file of another manager
                            program units workers: write `programs:`, with a name and its settings below it
                            metadata spec status: remove it; it is of Kubernetes
                            sockets: write each at its program, as `bind: [{ name: http, tcp: "0.0.0.0:80" }]`
                            version: remove it; the language has no versions
                            default global settings template base: write `defaults:`, which is put under every program
                            logging loglevel logfile: write `log: { level: <info> }`; the manager writes to stderr
                            imports import includes files: write `include: [conf.d/*.yaml]`
                            socket socketpath unixhttpserver rpcinterface endpoint: write `control: { socket: /run/shop/control.sock }`
                            metrics metricsaddr inethttpserver statuspage: write `http: { bind: 127.0.0.1:9911 }`
                            statedir rundir datadir: write `state-dir: /run/shop`
                            networks volumes secrets configs: remove it; there are no containers here
                            supervisord: `einhyrningsins import` reads a file of supervisord
                            """),
                    Map.entry(
                            "program",
                            """
                            cmd exec execstart script run start entrypoint executable cmdline commandline program interpreter: write `command: [./server, --verbose]`
                            args arguments argv parameters: write them behind the program: `command: [./server, --verbose]`
                            shell: write `command: [sh, -c, "…"]`
                            ports port listen listenstream address expose publish sockets socket bindaddress usesockets: write `bind: "0.0.0.0:8080"`; the program takes the socket over
                            dependson requires wants needs links bindsto partof: write `after: [db]`
                            workingdir workingdirectory workdir cwd chdir dir root path: write `directory: </srv/app>`
                            replicas numprocs instances numprocesses number processes count scale concurrency procs numworkers execmode: write `workers: <4>`
                            singleton: write `workers: 1`
                            job jobs oneshot runonce once: write `kind: job` for a program that does its work and ends; for any other remove it
                            autostart enabled disabled: write `workers: 0` for one that shall not start
                            environment environ envs envvars variables passenvironment: write `env: { NAME: value }`
                            environmentfile dotenv envfiles: write `env-file: [<web.env>]`
                            copyenv cleanenv unsetenvironment dropenvvar: workers inherit the environment of the manager; write `drop-env: [NAME]` for what they shall not have
                            autorestart respawn restartpolicy: write `restart: always`, on-failure or never
                            restartsec restartdelay expbackoffrestartdelay backoff retrydelay: write `restart: { backoff: { first: 100ms, max: <30s> } }`
                            startretries maxrestarts maxretry startlimitburst startlimitintervalsec startlimitinterval maxretries restartmaxattempts: write `restart: { give-up: { deaths: <5>, within: 1m } }`
                            exitcodes successexitstatus stopexitcodes: write `restart: on-failure`; 0 alone is success
                            stopsignal killsignal: write `stop: { signal: <TERM> }`
                            stopwaitsecs stopgraceperiod timeoutstopsec gracefultimeout shutdowntimeout signaltimeout terminationgraceperiodseconds graceperiod: write `stop: { timeout: <30s> }`
                            killtimeout: write `stop: { timeout: 1600ms }`
                            listentimeout: write `ack: { mode: notify, timeout: 3s }`
                            execstop prestop: write `stop: { signal: <TERM> }`; a worker is told to go by signals
                            stopasgroup killasgroup killmode stopchildren: remove it; what is left of a worker's process group is ended with it
                            execreload reloadsignal: remove it; `einhyrningsinsctl reload` starts new workers and stops the old ones
                            startsecs warmupdelay minuptime seconds minreadyseconds: write `ack: { timer: <1s> }`: up when alive that long
                            timeoutstartsec starttimeout starttimeoutsec startperiod progressdeadlineseconds: write `ack: { mode: notify, timeout: <30s> }`
                            timeoutsec: write `ack: { mode: notify, timeout: <30s> }` for the start, `stop: { timeout: <30s> }` for the end
                            waitready type notifyaccess ready: write `ack: notify` (READY=1), or `ack: { timer: <1s> }`
                            manual ackmode: write `ack: manual`
                            readinessprobe startupprobe startup readiness: write `ack: { probe: { http: "GET http://{http}/healthz" } }`
                            healthcheck livenessprobe liveness check checks: write `health: { http: "GET http://{http}/healthz" }`
                            stdout stdoutlogfile stdoutstream stderr stderrlogfile stderrstream outfile errorfile errfile outputfile logfile logfilename log logging output standardoutput standarderror: write `logs: </var/log/web.log>`; stdout and stderr go to one place
                            stdoutlogfilemaxbytes stderrlogfilemaxbytes maxbytes logsize: write `logs: { to: </var/log/web.log>, max-size: 64MiB }`
                            stdoutlogfilebackups stderrlogfilebackups backupcount: write `logs: { to: </var/log/web.log>, max-size: 64MiB, keep: 8 }`
                            redirectstderr mergelogs: remove it; stdout and stderr go to one place
                            uid username runas runasuser dynamicuser: write `user: <www-data>`
                            gid usergroup supplementarygroups: write `group: <www-data>`
                            limitnofile rlimitnofile minfds ulimits ulimit rlimits: write `limits: { nofile: <65536> }`
                            limitcore rlimitcore: write `limits: { core: 0 }`
                            limitnproc rlimitnproc: write `limits: { nproc: 4096 }`
                            maxmemoryrestart memorymax memorylimit memlimit memory memoryhigh maxmemory residentmemory: write `memory-max: 512MiB`
                            maxage runtimemaxsec maxlifetime maxrequests: write `max-age: 24h`
                            watchdogsec watchdogtimeout: write `watchdog: 30s`
                            strategy updateconfig deploystrategy updatestrategy: write `rollout: { strategy: smooth }`
                            deploy: write `workers: <4>` and `rollout: { max-surge: <1> }`
                            maxupgradeadditional maxunavailable parallelism: write `rollout: { max-surge: <1> }`
                            name processname title appname containername hostname: the name of a program is its key: `programs: { NAME: … }`
                            socketpath controlsocket: write `control: { socket: … }` at the top of the file
                            pidfile lockfile: remove it; the manager knows its workers without one
                            priority order startorder: write `after: [db]` for what starts before it
                            cpuschedulingpolicy niceness: write `nice: 5`
                            ioschedulingclass ionice ioschedulingpriority: write `io-class: idle`
                            cpuquota cpulimit cpushares cpuweight: write `cgroup: { cpu: 150% }`; `cpus: "0-3"` says on which ones it runs
                            tasksmax pidslimit: write `cgroup: { tasks: 200 }`
                            ioweight blkioweight: write `cgroup: { io-weight: 50 }`
                            cpuaffinity affinity cpuset taskset: write `cpus: "0-3"`
                            oomscoreadjust oomscore oomadjust oomadj: write `oom-score-adj: <500>`
                            runtimedirectory statedirectory cachedirectory logsdirectory mkdir: write `directories: [{ path: /run/web, mode: "0750" }]`
                            loadcredential secrets credential: write `credentials: { db: /etc/keys/db }`
                            landlock readwritepaths readonlypaths inaccessiblepaths protectsystem protecthome: write `sandbox: { read: [/srv/web], write: [/var/lib/web] }`
                            nonewprivileges: write `no-new-privs: true`
                            ambientcapabilities capabilityboundingset caps capadd capdrop: write `capabilities: [NET_BIND_SERVICE]`
                            resources: write `memory-max: 512MiB` and `limits: { nofile: <65536> }`
                            image build volumes networks containers platform pull tty privileged: remove it; there are no containers here
                            watch ignorewatch autoreload livereload: remove it; `einhyrningsinsctl reload` takes a change over
                            description labels tags comment annotations metadata documentation: write a comment: `# …`
                            stdinopen stdinfile standardinput: write `stdin: http`, the name of a socket of `bind`; else it is empty
                            reuseport soreuseport: write `bind: [{ tcp: "0.0.0.0:8080", per-worker: true }]`
                            """),
                    Map.entry(
                            "bind",
                            """
                            port address addr host listen ip listenstream: write `tcp: "0.0.0.0:<8080>"`
                            path socket file unixpath: write `unix: /run/web.sock`
                            listendatagram: write `udp: "0.0.0.0:53"`
                            type family protocol proto: write the address under `tcp`, `udp` or `unix`
                            socketmode permissions perms umask: write `mode: "0660"`
                            socketuser user: write `owner: www-data`
                            socketgroup: write `group: <www-data>`
                            soreuseport reuseport: write `per-worker: true`
                            soreuseaddr reuseaddr: write `reuse-address: true`
                            blocking nonblock: write `non-blocking: true`
                            """),
                    Map.entry(
                            "limits",
                            """
                            mem memory maxmemory memorymax memorylimit memlimit ram: write `as: <1GiB>` for its address space, or at the program `memory-max: <512MiB>`, above which a worker is replaced
                            cpus cores cpuquota cpushares cpulimit: remove it; processors are not shared out here, and `cpu` is seconds of their time
                            files nofiles openfiles maxfiles filedescriptors descriptors fds minfds limitnofile: write `nofile: <65536>`
                            processes procs nprocs maxprocs minprocs threads pids pidslimit limitnproc: write `nproc: <4096>`
                            coredump coredumps coresize limitcore: write `core: <0>`
                            vmem vsz virtualmemory addressspace: write `as: <1GiB>`
                            stacksize: write `stack: <8MiB>`
                            filesize maxfilesize: write `fsize: <1GiB>`
                            lockedmemory: write `memlock: <64MiB>`
                            swap io disk: remove it; it is no limit of setrlimit(2)
                            """),
                    Map.entry(
                            "stop",
                            """
                            stopsignal sig killsignal: write `signal: <TERM>`
                            grace graceperiod wait waitsecs killafter after stopwaitsecs: write `timeout: <30s>`
                            steps kill next: write `then: [TERM 5s, KILL]`
                            exec command cmd script run: remove it; a worker is told to go by signals: `signal: TERM`
                            """),
                    Map.entry(
                            "restart",
                            """
                            policy condition on mode always: write `when: always`
                            onfailure: write `when: on-failure`
                            never: write `when: never`
                            delay sleep wait restartsec: write `backoff: { first: 100ms, max: <30s> }`
                            max maxattempts attempts maxretries maxrestarts startretries limit deaths: write `give-up: { deaths: <5>, within: 1m }`
                            window interval within: write `give-up: { deaths: <5>, within: 1m }`
                            """),
                    Map.entry(
                            "rollout",
                            """
                            type kind mode order smooth: write `strategy: smooth`, fleet or replace
                            fleet: write `strategy: fleet`
                            replace: write `strategy: replace`
                            parallelism batch batchsize surge: write `max-surge: <1>`
                            maxunavailable minavailable: remove it; `strategy: smooth` and fleet keep as many ready as there are workers, and with `strategy: replace` an old worker goes before its successor comes
                            delay wait pause minreadyseconds: write `settle: <2s>`
                            attempts maxretries failures: write `retries: <3>`
                            monitor watch: write `canary: { workers: 1, watch: 30s }`
                            """),
                    Map.entry(
                            "canary",
                            """
                            for time duration period pause wait interval: write `watch: <30s>`
                            count number size weight percent replicas instances: write `workers: <1>`
                            """),
                    Map.entry(
                            "ack",
                            """
                            type kind by: write `mode: notify`, or another
                            notify ready sdnotify: write `mode: notify`
                            manual worker: write `mode: manual`
                            log stdout output: write `mode: log, match: <listening>`
                            none: write `timer: 1s`
                            delay wait seconds alive: write `timer: <1s>`
                            interval period periodseconds: write `every: 200ms`
                            pattern regex line: write `mode: log, match: <listening>`
                            url path: write `probe: { http: "GET http://{http}/healthz" }`
                            """),
                    Map.entry(
                            "probe",
                            TARGET
                                    + """
                                    retries threshold failurethreshold maxfailures unhealthythreshold failures: remove it; a probe is asked again until the `timeout` of `ack`
                                    """),
                    Map.entry(
                            "health",
                            TARGET
                                    + """
                                    retries threshold failurethreshold maxfailures unhealthythreshold: write `failures: <3>`
                                    """),
                    Map.entry(
                            "logs",
                            """
                            file path filename logfile stdout stderr target output: write `to: /var/log/web.log`
                            size maxbytes rotatesize maxfilesize: write `max-size: 64MiB`
                            backups backupcount maxfiles files count retain maxbackups rotate: write `keep: <8>`
                            age retention rotateevery: write `max-age: 24h`
                            gzip compression: write `compress: true`
                            format timestamps timeformat label labels: write `prefix: [time, slot]`
                            """),
                    Map.entry(
                            "log",
                            """
                            file path to output: remove it; the manager writes to stderr
                            loglevel severity verbosity: write `level: <info>`
                            """),
                    Map.entry(
                            "control",
                            """
                            path file address listen bind: write `socket: /run/shop/control.sock`
                            permissions perms chmod socketmode: write `mode: "0660"`
                            users groups admins owner chown user group: write `allow: { admin: [deploy, "@ops"] }`
                            """),
                    Map.entry(
                            "http",
                            """
                            port listen address addr host tcp: write `bind: 127.0.0.1:9911`
                            """));

    /// Words for one of a few, by what they are called here.
    private static final Map<String, List<String>> WORDS =
            Map.ofEntries(
                    Map.entry(
                            "always",
                            List.of("unless-stopped", "yes", "true", "on", "any", "on-success")),
                    Map.entry("never", List.of("no", "none", "false", "off")),
                    Map.entry(
                            "on-failure",
                            List.of(
                                    "unexpected",
                                    "on-abnormal",
                                    "on-abort",
                                    "failure",
                                    "on-watchdog")),
                    Map.entry(
                            "smooth",
                            List.of("rolling", "rolling-update", "rollingupdate", "graceful")),
                    Map.entry("replace", List.of("recreate", "stop-first", "in-place", "restart")),
                    Map.entry(
                            "fleet",
                            List.of(
                                    "blue-green",
                                    "bluegreen",
                                    "all",
                                    "all-at-once",
                                    "start-first")),
                    Map.entry("stop", List.of("kill", "terminate", "term", "exit", "die")),
                    Map.entry(
                            "continue",
                            List.of("keep", "keep-running", "ignore", "survive", "serve")),
                    Map.entry("text", List.of("logfmt", "plain", "line", "lines")),
                    Map.entry("warn", List.of("warning")),
                    Map.entry("error", List.of("err", "critical", "crit", "fatal", "blather")),
                    Map.entry("debug", List.of("trace", "verbose")),
                    Map.entry("listen-fds", List.of("systemd", "socket-activation", "listen_fds")));

    private ForeignKeywordTable() {}

    /// The rows of a kind of map: its words, a colon, and what to write.
    public static List<String> rows(ConfigShape configShape) {
        String table = KEYS.get(configShape.name());
        return table == null ? List.of() : table.lines().toList();
    }

    /// Returns the words of others for one of a few of ours, in lower case.
    static List<String> words(String ours) {
        return WORDS.getOrDefault(ours, List.of());
    }
}
