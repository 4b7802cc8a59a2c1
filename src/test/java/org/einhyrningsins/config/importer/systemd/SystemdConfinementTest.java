// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.ImportSamples;
import org.einhyrningsins.config.Importer;
import org.einhyrningsins.config.importer.ImportResult;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.process.Capability;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.DirectorySpec;
import org.einhyrningsins.spec.process.SchedulingSpec;
import org.einhyrningsins.spec.process.SchedulingSpec.IoClass;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// What a unit of systemd takes from its processes is taken from workers, or that it is not is
/// said.
class SystemdConfinementTest {
    @TempDir Path directory;

    private ImportResult importResult = new ImportResult("", 0, 0, 0);

    private ConfinementSpec service(String lines) throws Exception {
        Path unit = directory.resolve("app.service");
        Files.writeString(
                unit,
                "[Service]\nExecStart=/bin/true\n" + lines + "\n[Install]\nWantedBy=x.target\n");
        importResult =
                Importer.read(
                        List.of(unit),
                        null,
                        ImportSamples.machine(Map.of()),
                        ImportSamples.NO_SCRIPTS);
        Path file = Files.writeString(directory.resolve("made.yaml"), importResult.yaml());
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 2, _ -> true, _ -> true);
        LoadResult loadResult = ConfigLoader.load(file, machine);
        assertThat(loadResult).as(importResult.yaml()).isInstanceOf(LoadResult.Valid.class);
        return ((LoadResult.Valid) loadResult)
                .services()
                .programs()
                .firstEntry()
                .getValue()
                .identity()
                .confinement();
    }

    private void nothingIsLost() {
        assertThat(importResult.verdict()).as(importResult.yaml()).isEqualTo("nothing is lost");
    }

    @Test
    void whatAUnitOfRootTakesIsTakenHere() throws Exception {
        ConfinementSpec root =
                service("NoNewPrivileges=yes\nCapabilityBoundingSet=~CAP_SYS_ADMIN CAP_NET_ADMIN");
        nothingIsLost();
        assertThat(root.noNewPrivs()).isTrue();
        assertThat(root.capabilities())
                .hasSize(Capability.values().length - 2)
                .doesNotContain(Capability.SYS_ADMIN, Capability.NET_ADMIN);
        assertThat(service("CapabilityBoundingSet=").capabilities()).isEmpty();
        String several = "CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=CAP_BPF CAP_KILL";
        assertThat(service(several).capabilities())
                .containsExactly(Capability.CHOWN, Capability.KILL, Capability.BPF);
        String less = several + "\nCapabilityBoundingSet=~CAP_KILL";
        assertThat(service(less).capabilities()).containsExactly(Capability.CHOWN, Capability.BPF);
    }

    @Test
    void withAUserOnlyWhatIsAmbientIsGiven() throws Exception {
        ConfinementSpec web =
                service(
                        """
                        User=www-data
                        AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_CHOWN
                        CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_BPF
                        NoNewPrivileges=yes\
                        """);
        nothingIsLost();
        assertThat(web.capabilities()).containsExactly(Capability.NET_BIND_SERVICE);
        assertThat(web.noNewPrivs()).isNull(); // as it is
    }

    @Test
    void whatAUserCouldGainIsSaid() throws Exception {
        service("User=www-data\nCapabilityBoundingSet=CAP_CHOWN");
        nothingIsLost();
        assertThat(importResult.yaml()).contains("can gain no privileges");
        ConfinementSpec gaining =
                service("User=www-data\nNoNewPrivileges=no\nCapabilityBoundingSet=CAP_CHOWN");
        assertThat(gaining.noNewPrivs()).isFalse();
        assertThat(gaining.capabilities()).isNull();
        assertThat(importResult.changes()).isEqualTo(1);
    }

    @Test
    void placesOnProcessorsAndDisksAreCarriedOver() throws Exception {
        SchedulingSpec web =
                service(
                                "CPUAffinity=0 2-3\nCPUAffinity=5\nIOSchedulingClass=idle\n"
                                        + "OOMScoreAdjust=300\nIOSchedulingPriority=3")
                        .scheduling();
        nothingIsLost();
        assertThat(web.cpus()).containsExactly(0, 2, 3, 5);
        assertThat(web.oomScoreAdj()).isEqualTo(300);
        assertThat(web.ioClass()).isEqualTo(new IoClass(IoClass.Kind.IDLE, 0));
        service("CPUAffinity=numa\nIOSchedulingClass=quick");
        assertThat(importResult.changes()).isEqualTo(2);
    }

    @Test
    void directoriesAreMadeHereToo() throws Exception {
        ConfinementSpec web =
                service(
                        "RuntimeDirectory=a b/c\nRuntimeDirectoryMode=0750\nStateDirectory=%N\n"
                                + "LogsDirectory=x:y");
        assertThat(web.directories())
                .containsExactly(
                        new DirectorySpec(Path.of("/run/a"), 0750),
                        new DirectorySpec(Path.of("/run/b/c"), 0750),
                        new DirectorySpec(Path.of("/var/lib/app"), 0755));
        assertThat(importResult.changes()).isEqualTo(2);
        assertThat(importResult.yaml()).contains("RUNTIME_DIRECTORY: \"/run/a:/run/b/c\"");
    }

    @Test
    void credentialsAreFilesHereToo() throws Exception {
        ConfinementSpec web =
                service(
                        "LoadCredential=db:/etc/keys/db\nLoadCredential=other\n"
                                + "SetCredential=x:secret");
        assertThat(web.credentials()).containsExactly(Map.entry("db", Path.of("/etc/keys/db")));
        assertThat(importResult.changes()).isEqualTo(2);
    }

    @Test
    void limitsOfItsControlGroupAreThoseOfAWorker() throws Exception {
        ConfinementSpec web =
                service(
                        "MemoryMax=512M\nMemoryHigh=400M\nCPUQuota=150%\nTasksMax=200\n"
                                + "IOWeight=50");
        nothingIsLost();
        assertThat(web.cgroup()).isEqualTo(new CgroupSpec(512L << 20, 400L << 20, 150, 200, 50));
        assertThat(service("MemoryMax=infinity\nTasksMax=infinity").cgroup()).isNull();
        nothingIsLost();
        service("MemoryMax=40%\nTasksMax=80%");
        assertThat(importResult.changes()).isEqualTo(2);
    }
}
