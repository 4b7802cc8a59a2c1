// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The kinds of maps in a file, and the table of the keys that each may hold. A table is text, read
/// when its first key is asked for: most files use few of these maps.
///
/// A row is a key: its name, the kind of its value, its default, when a change of it applies, and
/// one sentence, with two blanks or more between. `KeyTableTest` names where the schema, the
/// manual, the starter file, `print` and `plan` do not agree with it. Kinds are those of
/// `einhyrningsins.yaml(5)`; a number has its range. A default is `-` if no value could name it:
/// then the sentence says what holds. A change applies
///
/// * `reload`: with a reload without names; `rolled`: as a rollout, which replaces the workers;
/// * `in place`: at once, no worker is touched; `either`: as one of both, for some need other
///   pipes;
/// * `bind`: as a rollout, but the socket stays until it is bound anew; `start`: when the manager
///   is started again.
public final class ConfigShape {
    public static final ConfigShape FILE =
            new ConfigShape(
                    "file",
                    """
                    control    map          -  reload  The control socket, at which the manager takes commands.
                    log        map          -  reload  The manager's own log.
                    state-dir  path         -  start   The state directory, for the next manager; each manager needs its own. Default: the path of the control socket with .state appended.
                    http       map          -  reload  The address of metrics and a status page, read-only and without authentication.
                    include    path | list  -  reload  More files with programs: paths or patterns such as conf.d/*.yaml, relative to this file.
                    defaults   map          -  reload  Keys that apply to every program, unless it has its own: maps are merged, lists and single values replaced.
                    programs   map          -  reload  The programs, by name.
                    groups     map          -  reload  Names for several programs: shop: [web, api]. Commands and after take such a name for all of them. A group names programs, no groups.
                    """);

    public static final ConfigShape INCLUDED =
            new ConfigShape("included", "programs  map  -  reload  The programs, by name.\n");

    public static final ConfigShape CONTROL =
            new ConfigShape(
                    "control",
                    """
                    socket  path   -      start   Path of the control socket. Default: in $XDG_RUNTIME_DIR or /run.
                    mode    octal  -      reload  Its permission bits. Default "0600"; with names in allow "0666", as the user and groups of the client then decide.
                    allow   map    -      reload  Users and groups that may use the control socket, besides root and the manager's own user. Without it, write access to the socket grants full control.
                    keeper  flag   false  start   Keeps copies of all sockets in a small process, for the next manager if this one is killed. It then needs no right to take them out of workers, also with kernel.yama.ptrace_scope 1.
                    """);

    public static final ConfigShape ALLOW =
            new ConfigShape(
                    "allow",
                    """
                    admin  list  -  reload  Users and groups with full control, by name or number; a group has an @ before it.
                    read   list  -  reload  Users and groups that may look and change nothing: status, show, explain, plan, history, events, wait, logs, state, version, help, ehlo.
                    """);

    public static final ConfigShape LOG =
            new ConfigShape(
                    "log",
                    """
                    level   error | warn | info | debug  info   reload  The least important messages that are logged.
                    format  text | json                  text   reload  Lines of text, or one JSON object on each line.
                    syslog  flag                         false  reload  Sends warnings and errors to the system log (/dev/log) as well.
                    """);

    public static final ConfigShape HTTP =
            new ConfigShape(
                    "http",
                    """
                    bind           text | map   -  reload  The address: ADDR:PORT, unix:/path, unix:@name, or a map.
                    allowed-hosts  name | list  -  reload  More names allowed in the Host header of a request over TCP, besides addresses, localhost and the host name of the machine; "*" allows any.
                    """);

    public static final ConfigShape HTTP_BIND =
            new ConfigShape(
                    "http-bind",
                    """
                    tcp        addr:port      -      reload  ADDR:PORT of a TCP listener. With port 0 the kernel chooses, and the log says which.
                    unix       path           -      reload  The path of a UNIX listener, or @NAME in the abstract namespace.
                    ipv6-only  flag           false  reload  IPV6_V6ONLY: an IPv6 wildcard does not take IPv4 too.
                    mode       octal          -      reload  Mode of the UNIX socket's file.
                    owner      name | number  -      reload  Owner of the UNIX socket's file.
                    group      name | number  -      reload  Group of the UNIX socket's file.
                    """);

    public static final ConfigShape PROGRAM =
            new ConfigShape(
                    "program",
                    """
                    command           list | text                                    -         rolled    The program and its arguments. A list is executed as it is; a text is split into words as by a shell, but no shell reads it. ${program}, ${slot}, ${env.NAME}, ${fd.NAME}, ${address.NAME}, ${release} and ${release.name} are replaced; $${ is a literal ${.
                    directory         path                                           -         rolled    The working directory. Default: the directory of the main file, where relative paths begin.
                    release           path                                           -         rolled    The link that names the release, such as /srv/web/current. What it points at is looked up once for each version, and all workers of the version run from there. Default: the last link in the path of directory or command.
                    env               map of texts                                   -         rolled    Environment variables, with ${…} as in command.
                    env-file          path | list                                    -         rolled    Files with lines NAME=value; env wins over them. A file with - before its name may be missing.
                    drop-env          name | list                                    -         rolled    Variables that workers do not inherit.
                    user              name | number                                  -         rolled    The user of the workers. Default: the manager's.
                    group             name | number                                  -         rolled    The main group of the workers. Default: that of the user.
                    umask             octal                                          -         rolled    Its umask, such as "022".
                    nice              number -20..19                                 -         rolled    Its nice value.
                    limits            map                                            -         rolled    Resource limits, see setrlimit(2). One value sets the soft and the hard limit.
                    no-new-privs      flag                                           -         rolled    Forbids a worker to gain rights by what it executes (sudo, setuid programs). Default: true with a user other than root.
                    capabilities      name | list                                    -         rolled    The capabilities(7) of a worker. Default: none with a user other than root, else the manager's.
                    oom-score-adj     number -1000..1000                             -         rolled    The preference of the kernel to kill this worker when memory runs out, from -1000 (never) to 1000. Default: the manager's.
                    cpus              list                                           -         rolled    The processors a worker may run on: "0-3,8", or a list. Default: the manager's.
                    io-class          idle | best-effort[:level] | realtime[:level]  -         rolled    Class of disk accesses, with a level from 0 (first) to 7: idle, best-effort:7, realtime. Default: the manager's.
                    directories       path | map | list                              -         rolled    Directories that are made before a worker starts and belong to its user: paths, or maps with a mode.
                    credentials       map                                            -         rolled    Secret files, by name. A worker finds a copy of each under its name in $CREDENTIALS_DIRECTORY. Only its user can read the copies; it needs no right to the originals.
                    sandbox           map                                            -         rolled    The files and ports that a worker can use, enforced by the Landlock module of the kernel.
                    cgroup            map                                            -         rolled    Limits of the control group of each worker. They need a manager that can divide its own control group: see the manual.
                    workers           number 0..10000 | cpus | cpus*n                1         in place  The number of workers: a number, cpus, or cpus*2.
                    bind              list | map | text                              -         rolled    The sockets, in the order of their descriptors, from 3 up.
                    stdin             name                                           -         rolled    The name of the socket that is also descriptor 0.
                    protocols         word | list                                    -         rolled    More variables that tell a worker its sockets, besides einhorn, listen-fds and server-starter, which are always there.
                    ack               word | map                                     -         either    The ack: the sign that a worker is ready. Default: timer, alive for 1s.
                    stop              signal | server | map                          -         in place  The steps that stop a worker: a signal, the name of a server (each with or without a time), or a map. Default: TERM, 30s, KILL.
                    restart           word | map                                     -         in place  The restart policy for workers that end by themselves.
                    rollout           map                                            -         in place  The rules of a rollout, the replacement of all workers by new ones.
                    logs              inherit | null | journal | path | map          inherit   either    The destination of its output: inherit (that of the manager), null (nowhere), journal (systemd's), the path of a file, or a map for a file that the manager writes and rotates.
                    worker-socket     own | control                                  own       rolled    The socket that EINHORN_SOCK_PATH names: one of the program, or the control socket, as with einhorn.
                    worker-socket-fd  flag                                           false     rolled    Gives each worker a descriptor for its ack as well, EINHORN_SOCK_FD.
                    on-manager-death  continue | stop                                continue  rolled    The fate of workers when the manager is killed: continue (go on serving), or stop (they get the first signal of stop).
                    health            map                                            -         in place  A health check of workers that are ready. An unhealthy worker is replaced, the new one first. If workers share the socket that is checked, none is replaced, and the program is marked.
                    watchdog          time                                           -         rolled    The longest time without a sign of life (WATCHDOG=1 on NOTIFY_SOCKET, or worker:ping). After it the worker gets ABRT and is replaced. It finds the time in WATCHDOG_USEC, so a change rolls.
                    max-age           time                                           -         in place  The longest life of a worker. Each is replaced at 90 to 100 percent of it, the new one first, never more at once than max-surge.
                    memory-max        size                                           -         in place  The memory of a worker and its descendants above which it is replaced, the new one first. Measured every 5s.
                    kind              service | job                                  service   in place  service: its workers serve until they are stopped; job: they end by themselves, and are done or have failed.
                    timeout           time                                           -         in place  Of a job: the time after which a worker is stopped and has failed. Default: no limit.
                    retries           number 0..1000                                 -         in place  Of a job: the number of new starts after a failure, with the delays of restart.backoff. Default: 0.
                    schedule          text                                           -         in place  Of a job: when it runs by itself, as crontab(5) has it: minute, hour, day of the month, month and day of the week, or @hourly, @daily, @weekly, @monthly, @yearly.
                    time-zone         text                                           -         in place  Of a schedule: the time zone of its times, Europe/Berlin. Default: the machine's.
                    overlap           skip | wait | kill                             skip      in place  Of a schedule: what becomes of a run that is due while the one before it goes on. skip: it is left out; wait: it begins when the other ends; kill: the other is stopped first.
                    jitter            time                                           0         in place  Of a schedule: the maximum of a random delay of each run, so that many machines do not begin at once; at most 1d.
                    catch-up          flag                                           false     in place  Of a schedule: runs the job once, if it was due while no manager was there.
                    start             auto | manual                                  auto      in place  auto: with the manager, or by the reload that adds it; manual: by the command start.
                    after             program | map | list                           -         in place  The dependencies: programs that are ready before this one starts, and stop after it. A name is an order and no more: a stopped program is not waited for. A map can say more.
                    """);

    public static final ConfigShape DEPENDENCY =
            new ConfigShape(
                    "dependency",
                    """
                    program       name                    -      in place  The other program.
                    when          ready | started | done  -      in place  The condition without which the program does not start, even if the other is stopped: ready; started, ready or not; done, for a job. Default: ready (a job: done), unless it is stopped.
                    restart-with  flag                    false  in place  Restarts the program, by its own rollout strategy, when the other was restarted by a command or by a rollout, and is ready again.
                    """);

    public static final ConfigShape TASK =
            new ConfigShape(
                    "task",
                    """
                    run      list | text  -    in place  The command, written as the command of a program is. It runs as the user of the program, in its directory, with its environment.
                    timeout  time         10m  in place  The time after which it is stopped and has failed.
                    env      map          -    in place  Variables that it gets besides those of the program.
                    """);

    public static final ConfigShape LIMITS = new ConfigShape("limits", ProcessShapes.LIMITS);

    public static final ConfigShape DIRECTORY =
            new ConfigShape("directory", ProcessShapes.DIRECTORY);

    public static final ConfigShape SANDBOX = new ConfigShape("sandbox", ProcessShapes.SANDBOX);

    public static final ConfigShape CGROUP = new ConfigShape("cgroup", ProcessShapes.CGROUP);

    public static final ConfigShape PROGRAM_CGROUP =
            new ConfigShape("program-cgroup", ProcessShapes.PROGRAM_CGROUP);

    public static final ConfigShape BIND =
            new ConfigShape(
                    "bind",
                    """
                    name           name             -      rolled  Its name in stdin, ${fd.NAME} and LISTEN_FDNAMES. Default: socket0, socket1, … by its place.
                    tcp            addr:port        -      rolled  ADDR:PORT of a TCP listener; :PORT or *:PORT for all IPv4 addresses, [::]:PORT for all; port 0: the kernel chooses.
                    udp            addr:port        -      rolled  ADDR:PORT of a UDP socket.
                    unix           path | @name     -      rolled  The path of a UNIX listener, or @NAME in the abstract namespace.
                    reuse-address  flag             true   bind    SO_REUSEADDR, so that the port can be bound again while old connections linger. TCP and UDP only.
                    non-blocking   flag             false  bind    O_NONBLOCK on the socket, for all workers that share it.
                    backlog        number 1..65535  4096   in place  Length of the accept queue; the kernel limits it to net.core.somaxconn.
                    ipv6-only      flag             false  bind    IPV6_V6ONLY: an IPv6 wildcard does not take IPv4 too.
                    mode           octal            -      in place  Mode of the UNIX socket's file.
                    owner          name | number    -      in place  Owner of the UNIX socket's file.
                    group          name | number    -      in place  Group of the UNIX socket's file.
                    per-worker     flag             false  bind    Gives each slot its own socket on this address (SO_REUSEPORT), held by the manager. For TCP and UDP, not with port 0.
                    """);

    public static final ConfigShape ACK =
            new ConfigShape(
                    "ack",
                    """
                    mode     timer | manual | notify | probe | fd | log  -      either    manual: worker:ack on EINHORN_SOCK_PATH; timer: alive for some time; notify: READY=1 on NOTIFY_SOCKET; probe: it answers; fd: a newline on the descriptor EINHORN_ACK_FD; log: a line in which match is found.
                    timeout  time                                        30s    in place  The time for the ack. A worker without it is stopped and counts as a failed start.
                    after    time                                        1s     in place  With mode timer: the time that a worker must have been alive.
                    timer    time                                        -      in place  Short for mode timer with after.
                    probe    map                                         -      in place  Short for mode probe with its keys.
                    tcp      name | addr:port                            -      in place  Ready when this accepts a connection: the name of a socket of bind, or ADDR:PORT; the port may contain ${slot}.
                    http     text                                        -      in place  Ready when this answers with a status from 200 to 399: "GET http://{SOCKET}/path" or "GET http://HOST:PORT/path"; the port may contain ${slot}.
                    exec     list | text                                 -      in place  Ready when this command ends with exit status 0. It runs as the user of the worker, in its directory, with its environment and its pid in MAINPID. A list or a text, like command.
                    every    time                                        200ms  in place  The time between two attempts.
                    fd       number 3..63                                -      rolled    With mode fd: the number of the descriptor. Default: the first after the sockets.
                    match    text                                        -      in place  With mode log: a regular expression, in Java's syntax. A worker is ready when it is found in a line of its standard output or standard error.
                    """);

    public static final ConfigShape PROBE =
            new ConfigShape(
                    "probe",
                    """
                    tcp      name | addr:port  -  in place  Ready when this accepts a connection: the name of a socket of bind, or ADDR:PORT; the port may contain ${slot}.
                    http     text              -  in place  Ready when this answers with a status from 200 to 399: "GET http://{SOCKET}/path" or "GET http://HOST:PORT/path"; the port may contain ${slot}.
                    exec     list | text       -  in place  Ready when this command ends with exit status 0. It runs as the user of the worker, in its directory, with its environment and its pid in MAINPID. A list or a text, like command.
                    every    time              -  in place  The time between two attempts. Default 200ms.
                    timeout  time              -  in place  The time for the ack. A worker without it is stopped and counts as a failed start. Default 30s.
                    """);

    public static final ConfigShape HEALTH =
            new ConfigShape(
                    "health",
                    """
                    tcp       name | addr:port  -   in place  Healthy if this accepts a connection: the name of a socket of bind, or ADDR:PORT; the port may contain ${slot}.
                    http      text              -   in place  Healthy if this answers with a status from 200 to 399: "GET http://{SOCKET}/path" or "GET http://HOST:PORT/path"; the port may contain ${slot}.
                    exec      list | text       -   in place  Healthy if this command ends with exit status 0. It runs as the user of the worker, in its directory, with its environment and its pid in MAINPID. A list or a text, like command.
                    every     time              5s  in place  The time from an answer to the next check.
                    timeout   time              1s  in place  The time for an answer; a check without one has failed.
                    failures  number 1..1000    3   in place  The number of failed checks in a row that make a worker unhealthy.
                    """);

    public static final ConfigShape STOP =
            new ConfigShape(
                    "stop",
                    """
                    signal   signal           TERM     in place  The first signal.
                    timeout  time             30s      in place  The time to wait after it.
                    then     list             -        in place  The further steps: signals with a time, as in [TERM 5s, KILL]. KILL is last, written or not.
                    to       process | group  process  in place  The receiver of the signals before KILL: the process that was started, or its process group. KILL always goes to the group; the rest of the group is stopped in any case.
                    """);

    public static final ConfigShape RESTART =
            new ConfigShape(
                    "restart",
                    """
                    when     always | on-failure | never  always  in place  The ends of a worker that are followed by a new one.
                    backoff  map                          -       in place  The delay of a slot after failures.
                    give-up  map                          -       in place  The limit at which the program is marked failed and not tried again. Default: no limit.
                    burst    number 0..1000               2       in place  The number of crashes in a row in one slot that are followed at once.
                    """);

    public static final ConfigShape BACKOFF =
            new ConfigShape(
                    "backoff",
                    """
                    first   time            100ms  in place  The first delay.
                    factor  decimal 1..100  2      in place  The factor by which the delay grows with each further failure.
                    max     time            30s    in place  The longest delay.
                    """);

    public static final ConfigShape GIVE_UP =
            new ConfigShape(
                    "give-up",
                    """
                    deaths  number 1..10000  -  in place  The number of ended workers.
                    within  time             -  in place  The time in which they ended.
                    """);

    public static final ConfigShape ROLLOUT =
            new ConfigShape(
                    "rollout",
                    """
                    strategy         smooth | fleet | replace  smooth  in place  smooth: a new worker is ready before an old one is stopped; fleet: all new ones are ready before any old one is stopped; replace: the old one is stopped first.
                    max-surge        number 0..10000           1       in place  The number of processes above the worker count; at least 1 for smooth.
                    max-unacked      number 1..10000           -       in place  The number of new workers that may be starting at once. Default: no limit.
                    settle           time                      0       in place  The time that a new worker must live after its ack before it counts as ready.
                    retries          number 1..10000           3       in place  The number of failed starts after which the rollout has failed and the old version stays.
                    canary           map                       -       in place  The first new workers, which are watched before the others follow. If one ends, fails its health check or misses its watchdog, the old version comes back.
                    probation        time                      -       in place  The time that the first new worker of a rollout has to live before any old worker is stopped: from its ack, with a timer from its start. If it ends before, the rollout has failed. Default 10s with a timer as ack, else 0.
                    rollback-within  time                      1m      in place  The time after a rollout in which a version that fails is rolled back by itself: a crash loop, or more than half of the slots lost a worker by its own failure. 0: never.
                    count-draining   flag                      true    in place  Counts old workers that are stopping in max-surge. With false, the next new worker does not wait for them.
                    before           text | map | list         -       in place  The tasks that must succeed before the first new worker starts, one after the other. Each is a command in one text, or a map. If one fails, no worker is started and the old version stays.
                    after            text | map | list         -       in place  The tasks that are run when the new version serves. A failure is reported and changes nothing else.
                    rollback-runs-before  flag                 false   in place  Runs the tasks of before for a rollback as well: those of the version that it brings back.
                    drain-timeout    time | unlimited          -       in place  The time between the first and the second signal of stop for old workers of a rollout; unlimited: as long as they need. Default: stop.timeout.
                    """);

    public static final ConfigShape CANARY =
            new ConfigShape(
                    "canary",
                    """
                    workers  number 0..10000        1    in place  The number of canaries; 0: none.
                    watch    time | until-promoted  30s  in place  The time for which they are watched; until-promoted: until the operator says promote or abort.
                    """);

    public static final ConfigShape LOGS =
            new ConfigShape(
                    "logs",
                    """
                    to        path             -      in place  The file; %s in it stands for the slot.
                    max-size  size             -      in place  The size at which the file is rotated: 64MiB, 10MB; at least 4KiB. Default: no limit.
                    max-age   time             -      in place  The age at which the file is rotated, when the next line comes. Default: no limit.
                    keep      number 1..10000  8      in place  The number of rotated files that stay.
                    compress  flag             false  in place  Compresses rotated files (gzip).
                    prefix    word | list      -      in place  Words before each line: time, slot, pid.
                    """);

    public static final List<ConfigShape> ALL =
            List.of(
                    FILE,
                    INCLUDED,
                    CONTROL,
                    ALLOW,
                    LOG,
                    HTTP,
                    HTTP_BIND,
                    PROGRAM,
                    DEPENDENCY,
                    TASK,
                    LIMITS,
                    DIRECTORY,
                    SANDBOX,
                    CGROUP,
                    PROGRAM_CGROUP,
                    BIND,
                    ACK,
                    PROBE,
                    HEALTH,
                    STOP,
                    RESTART,
                    BACKOFF,
                    GIVE_UP,
                    ROLLOUT,
                    CANARY,
                    LOGS);

    private final String name;
    private final String table;
    private @Nullable List<String> keys;

    private ConfigShape(String name, String table) {
        this.name = name;
        this.table = table;
    }

    public String name() {
        return name;
    }

    /// The rows, one a line.
    public String table() {
        return table;
    }

    /// The names of the keys, in the order of the table.
    public List<String> keys() {
        List<String> known = keys;
        if (known == null) {
            known = names(table);
            keys = known;
        }
        return known;
    }

    private static List<String> names(String table) {
        List<String> names = new ArrayList<>();
        int line = 0;
        while (line < table.length()) {
            names.add(table.substring(line, table.indexOf(' ', line)));
            line = table.indexOf('\n', line) + 1;
        }
        return List.copyOf(names);
    }

    public boolean has(String key) {
        return keys().contains(key);
    }

    /// A constant as the file writes it: `ON_FAILURE` is `on-failure`.
    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
