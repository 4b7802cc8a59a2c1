// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.kernel.ChildPrivileges;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.process.Capability;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What children tell of themselves, to the kernel's own words in /proc.
@Timeout(300)
class ChildConfinementIT {
    private static final Credentials NOBODY = new Credentials(65534, 65534, List.of(65534));
    private static final String NOTHING = "0000000000000000";
    private static final long BIND = Capability.NET_BIND_SERVICE.bit();
    private static final ChildConfinement ALL_TAKEN = taken(true, 0, true, true);
    private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;

    @TempDir Path directory;

    @BeforeEach
    void asRoot() {
        assumeTrue(Nursery.isRoot());
    }

    private static ChildConfinement taken(
            boolean noNewPrivs, long capabilities, boolean bounds, boolean ownKeyring) {
        return new ChildConfinement(
                new ChildPrivileges(noNewPrivs, capabilities, bounds, ownKeyring),
                ChildScheduling.INHERITED,
                -1);
    }

    private static ChildConfinement scheduled(
            @Nullable Integer score, List<Integer> cpus, @Nullable Integer io) {
        return new ChildConfinement(ChildPrivileges.KEPT, new ChildScheduling(score, cpus, io), -1);
    }

    private static Map<String, String> status(Nursery child) throws Exception {
        Map<String, String> status = new HashMap<>();
        for (String line : child.output().split("\n", -1)) {
            String[] parts = line.split(":\\s*", 2);
            status.put(parts[0], parts.length < 2 ? "" : parts[1]);
        }
        return status;
    }

    private static Nursery teller(Credentials credentials, ChildConfinement childConfinement) {
        Nursery child = new Nursery();
        child.executable = "/bin/cat";
        child.argv = List.of("cat", "/proc/self/status");
        child.credentials = credentials;
        child.confinement = childConfinement;
        return child;
    }

    private static String hex(long bits) {
        return String.format("%016x", bits);
    }

    @Test
    void anotherUserHasNothingAndCanGainNothing() throws Exception {
        Map<String, String> status = status(teller(NOBODY, ALL_TAKEN));
        assertThat(status)
                .containsEntry("CapInh", NOTHING)
                .containsEntry("CapPrm", NOTHING)
                .containsEntry("CapEff", NOTHING)
                .containsEntry("CapBnd", NOTHING)
                .containsEntry("CapAmb", NOTHING)
                .containsEntry("NoNewPrivs", "1")
                .containsEntry("Uid", "65534\t65534\t65534\t65534");
    }

    @Test
    void whatIsNamedIsAllThatAnotherUserHas() throws Exception {
        Map<String, String> status = status(teller(NOBODY, taken(true, BIND, true, true)));
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
            assertThat(status).containsEntry(set, hex(BIND));
        }
    }

    @Test
    void rootCanBeLeftWithWhatIsNamed() throws Exception {
        ChildConfinement childConfinement = taken(false, BIND, true, false);
        Map<String, String> status =
                status(teller(new Credentials(0, 0, List.of(0)), childConfinement));
        assertThat(status)
                .containsEntry("CapEff", hex(BIND))
                .containsEntry("CapBnd", hex(BIND))
                .containsEntry("NoNewPrivs", "0");
    }

    @Test
    void whoIsNotConfinedIsAsTheManager() throws Exception {
        Nursery child = teller(NOBODY, ChildConfinement.NONE);
        child.credentials = null;
        OwnCapabilities own = OwnCapabilities.current();
        assertThat(status(child))
                .containsEntry("CapEff", hex(own.effective()))
                .containsEntry("CapBnd", hex(own.bounding()));
    }

    private Nursery setuidProgram(ChildConfinement childConfinement) throws Exception {
        Path program = directory.resolve("id");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.copy(Path.of("/usr/bin/id"), program);
        Runtime.getRuntime().exec(new String[] {"chmod", "4755", program.toString()}).waitFor();
        Nursery child = Nursery.script(program + " -u; grep CapEff /proc/self/status");
        child.credentials = NOBODY;
        child.confinement = childConfinement;
        return child;
    }

    @Test
    void aSetuidProgramGivesNothing() throws Exception {
        assertThat(setuidProgram(ALL_TAKEN).output()).startsWith("65534\n");
    }

    /// Else this would not be what the one above tells of.
    @Test
    void aSetuidProgramGivesRootWhereThatWasAskedFor() throws Exception {
        ChildConfinement lenient = taken(false, 0, false, true);
        assertThat(setuidProgram(lenient).output()).startsWith("0\n").endsWith(NOTHING + "\n");
    }

    /// In a thread of its own, whose keyring is gone with it.
    private static String keys(ChildConfinement childConfinement) throws Exception {
        byte[] name = "the-managers-own\0".getBytes(StandardCharsets.US_ASCII);
        String[] seen = {""};
        Thread manager =
                new Thread(
                        () -> {
                            NativeScratch nativeScratch = NativeScratch.here();
                            nativeScratch.bytes.put(0, name);
                            long joined =
                                    SystemCalls.call(
                                            Syscall.KEYCTL,
                                            KEYCTL_JOIN_SESSION_KEYRING,
                                            nativeScratch.structures);
                            assertThat(joined).isPositive();
                            Nursery child = new Nursery();
                            child.executable = "/bin/cat";
                            child.argv = List.of("cat", "/proc/keys");
                            child.credentials = NOBODY;
                            child.confinement = childConfinement;
                            try {
                                seen[0] = child.output();
                            } catch (SpawnException e) {
                                seen[0] = e.toString();
                            }
                        });
        manager.start();
        manager.join();
        return seen[0];
    }

    @Test
    void anotherUserDoesNotSeeTheManagersKeys() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/keys")));
        assertThat(keys(ChildConfinement.NONE)).contains("the-managers-own");
        assertThat(keys(ALL_TAKEN)).contains("_ses").doesNotContain("the-managers-own");
    }

    /// More than a user's own quota of 200 (kernel.keys.maxkeys).
    @Test
    void manyWorkersOfOneUserHaveAKeyringEach() throws Exception {
        for (int i = 0; i < 250; i++) {
            Nursery child = new Nursery();
            child.credentials = NOBODY;
            child.confinement = ALL_TAKEN;
            assertThat(child.exit().code()).isZero();
        }
    }

    /// Capabilities are a thread's.
    private static void giveUpAllBut(long rest) {
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putInt(0, 0x20080522).putInt(4, 0);
        for (int i = 0; i < 6; i++) {
            int half = (int) (i < 3 ? rest : rest >>> Integer.SIZE);
            nativeScratch.bytes.putInt(8 + 4 * i, i % 3 == 2 ? 0 : half);
        }
        long at = nativeScratch.structures;
        assertThat(SystemCalls.call(Syscall.CAPSET, at, at + 8)).isZero();
    }

    /// In a thread that gives up what it has.
    @Test
    void whatTheManagerDoesNotHaveItCannotGiveAndSaysSo() throws Exception {
        Nursery child = teller(NOBODY, taken(true, BIND, false, false));
        SpawnException[] failures = new SpawnException[1];
        Thread poor =
                new Thread(
                        () -> {
                            giveUpAllBut(OwnCapabilities.current().effective() & ~BIND);
                            failures[0] = catchThrowableOfType(SpawnException.class, child::output);
                        });
        poor.start();
        poor.join();
        SpawnException failure = failures[0];
        assertThat(failure.step()).isEqualTo("capset");
        assertThat(failure).hasMessageContaining("EPERM").hasMessageContaining("CapPrm");
        assertThat(Nursery.isChildless()).isTrue();
    }

    // ---- processors, disks, memory

    @Test
    void hasItsPlaceWhenMemoryRunsOutAlsoAsAnotherUser() throws Exception {
        boolean free = OwnCapabilities.current().has(Capability.SYS_RESOURCE);
        for (int score : free ? List.of(-1000, 0, 500, 1000) : List.of(500, 1000)) {
            Nursery child = Nursery.script(waitUntil(score));
            child.credentials = NOBODY;
            child.confinement = scheduled(score, List.of(), null);
            assertThat(child.exit().code()).isZero();
        }
    }

    /// It is written when the child runs.
    private static String waitUntil(int score) {
        return "for i in $(seq 500); do read s < /proc/self/oom_score_adj; [ $s = "
                + score
                + " ] && exit 0; sleep 0.01; done; exit 1";
    }

    /// It shares our memory until then: the kernel would write it for us too.
    @Test
    void theManagerKeepsItsOwnPlaceInMemory() throws Exception {
        String before = Files.readString(Path.of("/proc/self/oom_score_adj"));
        Nursery child = new Nursery();
        child.confinement = scheduled(888, List.of(), null);
        child.exit();
        assertThat(Files.readString(Path.of("/proc/self/oom_score_adj"))).isEqualTo(before);
    }

    @Test
    void runsOnItsProcessorsAlone() throws Exception {
        Nursery child = teller(NOBODY, scheduled(null, List.of(0), null));
        assertThat(status(child)).containsEntry("Cpus_allowed_list", "0");
        child.confinement = scheduled(null, List.of(0, 1, 100, 8191), null);
        assertThat(status(child).get("Cpus_allowed_list")).isIn("0", "0-1");
    }

    @Test
    void aProcessorThatIsNotThereIsNamed() {
        Nursery child = teller(NOBODY, scheduled(null, List.of(8000), null));
        SpawnException failure = catchThrowableOfType(SpawnException.class, child::output);
        assertThat(failure.step()).isEqualTo("sched_setaffinity");
        assertThat(failure).hasMessageContaining("EINVAL").hasMessageContaining("cpus");
    }

    @Test
    void hasItsClassOfDiskAccess() throws Exception {
        Nursery child = Nursery.script("ionice -p $$");
        child.confinement = scheduled(null, List.of(), 3 << 13);
        assertThat(child.output()).isEqualTo("idle\n");
        child.confinement = scheduled(null, List.of(), 2 << 13 | 6);
        assertThat(child.output()).isEqualTo("best-effort: prio 6\n");
    }

    /// As another user, a score below the manager's takes a right: the message says which.
    @Test
    void whatARightIsMissingForIsSaid() throws Exception {
        SpawnException[] failures = new SpawnException[1];
        Nursery child = Nursery.script("exec sleep 1000");
        child.confinement = scheduled(-500, List.of(), null);
        Thread poor =
                new Thread(
                        () -> {
                            giveUpAllBut(0);
                            failures[0] = catchThrowableOfType(SpawnException.class, child::output);
                        });
        poor.start();
        poor.join();
        assertThat(failures[0]).hasMessageContaining("CAP_SYS_RESOURCE");
        assertThat(Nursery.isChildless()).isTrue();
    }
}
