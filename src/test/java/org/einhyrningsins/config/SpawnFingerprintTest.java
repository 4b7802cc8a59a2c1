// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.ProgramSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The sum that a worker carries tells definitions apart as [ProgramSpec.SpawnSettings] does.
class SpawnFingerprintTest {
    @TempDir Path directory;

    private ProgramSpec spec(String definition) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {web: {command: [./x, y], " + definition + "}}");
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 1, name -> true, name -> true);
        LoadResult loadResult = ConfigLoader.load(file, machine);
        assertThat(loadResult).as(definition).isInstanceOf(LoadResult.Valid.class);
        return ((LoadResult.Valid) loadResult).services().programs().firstEntry().getValue();
    }

    /// Workers carry their sum: a later release must sum up the same, whatever classes, components
    /// and constants are called there by then.
    @Test
    void theSumOfADefinitionNeverChanges() throws IOException {
        String rest =
                "directory: /srv, env: {A: '${slot}'}, limits: {nofile: 10}, nice: 3,"
                        + " capabilities: [CHOWN], io-class: idle, cgroup: {tasks: 9},"
                        + " worker-socket: control, protocols: [nginx],"
                        + " bind: [{name: a, tcp: '127.0.0.1:80', per-worker: true},"
                        + " {name: b, unix: /srv/b.sock}, {name: c, udp: '127.0.0.1:80'},"
                        + " {name: d, unix: '@d'}], logs: ";
        assertThat(
                        sums(
                                rest,
                                "/srv/a.log",
                                "{to: /srv/a.log, max-size: 1MiB}",
                                "journal",
                                "'null'"))
                .containsExactly(
                        "48a92e8666aaded8",
                        "4f78463ef081ef73",
                        "3f5adcb3e81c07fe",
                        "a13b18f500b05b1b");
        assertThat(sums("directory: /srv, logs: ", "inherit")).containsExactly("9eef03f9a3667c56");
    }

    private List<String> sums(String definition, String... logs) throws IOException {
        List<String> sums = new ArrayList<>();
        for (String to : logs) {
            sums.add(spec(definition + to).spawnSettings().sum());
        }
        return sums;
    }

    @Test
    void tellsApartWhatBirthsTellApart() throws IOException {
        Map<String, ProgramSpec.SpawnSettings> sums = new HashMap<>();
        for (String definition :
                List.of(
                        "workers: 1",
                        "workers: 2",
                        "stop: {signal: INT}",
                        "env: {A: b}",
                        "env: {A: c}",
                        "env: {Ab: ''}",
                        "drop-env: [A]",
                        "directory: /tmp",
                        "user: daemon",
                        "group: daemon",
                        "umask: '022'",
                        "nice: 3",
                        "limits: {nofile: 10}",
                        "limits: {core: 10}",
                        "no-new-privs: true",
                        "no-new-privs: false",
                        "capabilities: []",
                        "capabilities: [CHOWN]",
                        "oom-score-adj: 1",
                        "cpus: 0",
                        "cpus: 0-1",
                        "io-class: idle",
                        "io-class: best-effort",
                        "io-class: best-effort:0",
                        "directories: /run/a",
                        "credentials: {a: /x}",
                        "credentials: {b: /x}",
                        "cgroup: {memory-max: 1GiB}",
                        "cgroup: {memory-high: 1GiB}",
                        "cgroup: {cpu: 50%}",
                        "cgroup: {tasks: 5}",
                        "cgroup: {io-weight: 5}",
                        "sandbox: {}",
                        "sandbox: {read: /x}",
                        "sandbox: {write: /x}",
                        "sandbox: {connect: []}",
                        "sandbox: {bind: []}",
                        "sandbox: {required: false}",
                        "sandbox: {scope: signals}",
                        "sandbox: {scope: abstract-sockets}",
                        "directories: [{path: /run/a, mode: '0700'}]",
                        "bind: ['127.0.0.1:80']",
                        "bind: ['127.0.0.1:81']",
                        "bind: [{name: other, tcp: '127.0.0.1:80'}]",
                        "bind: [{unix: /tmp/a}]",
                        "bind: [{unix: /tmp/a, mode: '0600'}]",
                        "bind: ['127.0.0.1:80'], protocols: [nginx]",
                        "bind: ['127.0.0.1:80'], protocols: [puma, nginx]",
                        "bind: ['127.0.0.1:80'], protocols: [nginx, puma]",
                        "bind: [{name: http, tcp: '127.0.0.1:80'}], stdin: http",
                        "logs: /tmp/log",
                        "logs: /tmp/log.%s",
                        "logs: journal",
                        "logs: {to: /tmp/log, max-size: 1MiB}",
                        "logs: {to: /tmp/other, max-size: 2MiB}",
                        "worker-socket-fd: true",
                        "on-manager-death: stop",
                        "ack: notify, watchdog: 3s",
                        "ack: {mode: fd}",
                        "ack: {mode: fd, fd: 9}",
                        "ack: {mode: log, match: up}")) {
            ProgramSpec.SpawnSettings birth = spec(definition).spawnSettings();
            ProgramSpec.SpawnSettings other = sums.put(birth.sum(), birth);
            assertThat(other == null || other.equals(birth)).as(definition).isTrue();
            sums.forEach(
                    (sum, known) ->
                            assertThat(sum.equals(birth.sum()))
                                    .as(definition)
                                    .isEqualTo(known.equals(birth)));
        }
        assertThat(sums.size()).isGreaterThan(25);
    }
}
