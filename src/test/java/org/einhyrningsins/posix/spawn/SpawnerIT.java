// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

@Timeout(300)
class SpawnerIT {
    private static final long MOMENT = 50_000_000;

    @TempDir Path directory;
    private long descriptorsBefore;

    @BeforeEach
    void count() throws Exception {
        Nursery child = new Nursery();
        child.orphaned = Signal.TERM;
        child.exit(); // whatever is opened once is open now
        descriptorsBefore = Nursery.descriptors();
    }

    @AfterEach
    void nothingIsLeftBehind() throws Exception {
        assertThat(Nursery.isChildless()).isTrue();
        assertThat(Nursery.descriptors()).isEqualTo(descriptorsBefore);
    }

    @Test
    void runsTheProgramWithItsArgumentsAndEnvironmentInItsDirectory() throws Exception {
        Nursery child = Nursery.script("echo \"$0|$1|$A|$(pwd)\"");
        child.argv = new ArrayList<>(child.argv);
        child.argv.addAll(List.of("zero", "größer than one"));
        child.environment = List.of("PATH=/usr/bin:/bin", "A=b=c ä");
        child.directory = "/usr";
        assertThat(child.output()).isEqualTo("zero|größer than one|b=c ä|/usr\n");
    }

    /// As Linux has it, the parent is the thread.
    @Test
    void anOrphanIsSentItsSignal() throws Exception {
        Nursery child = new Nursery();
        child.executable = "/bin/sleep";
        child.argv = List.of("sleep", "100");
        child.orphaned = Signal.USR1;
        AtomicReference<SpawnedChild> spawned = new AtomicReference<>();
        int nothing = Descriptors.openNull();
        Thread parent =
                new Thread(
                        () -> {
                            try {
                                spawned.set(child.spawner.spawn(child.order(nothing, nothing)));
                            } catch (SpawnException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        parent.start();
        parent.join();
        int pidfd = spawned.get().pidfd();
        assertThat(Children.await(pidfd))
                .isEqualTo(new ProcessExit(0, Signal.USR1.number(), false));
        Descriptors.close(pidfd);
        Descriptors.close(nothing);
    }

    @Test
    void anOrphanToBeHasNoOtherDescriptorsEither() throws Exception {
        Nursery child = Nursery.script("for f in /proc/$$/fd/*; do readlink $f; done");
        child.orphaned = Signal.TERM;
        assertThat(child.output().strip().split("\n", -1)).hasSize(3);
    }

    @Test
    void theEnvironmentIsNothingButWhatWasOrdered() throws Exception {
        Nursery child = new Nursery();
        child.executable = "/usr/bin/env";
        child.argv = List.of("env");
        child.environment = List.of("A=1", "B=");
        assertThat(child.output()).isEqualTo("A=1\nB=\n");
    }

    @Test
    void tellsTheChildItsOwnPid() throws Exception {
        Nursery child = Nursery.script("echo $$ $LISTEN_PID $WATCHDOG_PID");
        child.ownPid = List.of("LISTEN_PID", "WATCHDOG_PID");
        String[] pids = child.output().strip().split(" ", -1);
        assertThat(pids).hasSize(3).containsOnly(pids[0]);
        assertThat(Integer.parseInt(pids[0])).isPositive();
    }

    @Test
    void givesTheChildExactlyItsDescriptors() throws Exception {
        int one = Descriptors.openNull();
        int two = Descriptors.openAppend(directory.resolve("two"));
        Nursery child = Nursery.script("for f in /proc/$$/fd/*; do readlink $f; done");
        child.more = List.of(two, one, two);
        List<String> links = child.output().lines().toList();
        Descriptors.close(one);
        Descriptors.close(two);
        String second = directory.resolve("two").toRealPath().toString();
        assertThat(links).hasSize(6).first().isEqualTo("/dev/null");
        assertThat(links.subList(3, 6)).containsExactly(second, "/dev/null", second);
    }

    @Test
    void descriptorsBelowTheirTargetsReachThemAllTheSame() throws Exception {
        int[] low = Descriptors.pipe(); // the lowest free numbers
        List<Integer> swapped = new ArrayList<>();
        for (int i = 3; i < Math.max(low[0], low[1]) + 4; i++) {
            swapped.add(i % 2 == 0 ? low[0] : low[1]);
        }
        Nursery child =
                Nursery.script(
                        "for f in /proc/$$/fd/*; do readlink $f; done | sort | uniq -c | grep -c"
                                + " pipe");
        child.more = swapped;
        String pipes = child.output();
        Descriptors.close(low[0]);
        Descriptors.close(low[1]);
        // the output's pipe, and the two: one inode, since both ends of a pipe have the same
        assertThat(pipes).isEqualTo("2\n");
    }

    @Test
    void everySignalIsAtItsDefaultAndNoneIsBlocked() throws Exception {
        assertSignalsAreClean(new Spawner());
    }

    @Test
    void signalsAreAsCleanWhereThereIsNoClone3() throws Exception {
        Spawner old = new Spawner();
        old.doWithoutClone3();
        assertSignalsAreClean(old);
    }

    private static void assertSignalsAreClean(Spawner spawner) throws Exception {
        Nursery child = new Nursery();
        child.spawner = spawner;
        child.executable = "/bin/cat"; // installs no handler of its own
        child.argv = List.of("cat", "/proc/self/status");
        String none = ":\t0000000000000000";
        long before = ignore(Signal.TTIN, 1);
        try {
            for (int i = 0; i < 2; i++) {
                assertThat(child.output().lines().filter(line -> line.matches("Sig[BIC].*")))
                        .containsExactly("SigBlk" + none, "SigIgn" + none, "SigCgt" + none);
            }
        } finally {
            ignore(Signal.TTIN, before);
        }
    }

    /// Sets a disposition: 0 is the default, 1 ignores. Returns the one before.
    private static long ignore(Signal signal, long handler) {
        NativeScratch nativeScratch = NativeScratch.here().clear(128);
        nativeScratch.bytes.putLong(0, handler);
        long at = nativeScratch.structures;
        SystemCalls.check(
                "sigaction",
                SystemCalls.call(Syscall.RT_SIGACTION, signal.number(), at, at + 64, 8));
        return nativeScratch.bytes.getLong(64);
    }

    @Test
    void theManagersOwnSignalsStayAsTheyWere() throws Exception {
        List<String> before = signals();
        new Nursery().exit();
        assertThat(signals()).isEqualTo(before);
    }

    private static List<String> signals() throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.matches("Sig(Blk|Ign|Cgt).*"))
                .toList();
    }

    @Test
    void leadsAProcessGroupOfItsOwnAndIsOurChild() throws Exception {
        String[] fields = Nursery.script("cat /proc/$$/stat").output().split(" ", -1);
        assertThat(fields[3]).isEqualTo("" + Processes.self());
        assertThat(fields[4]).isEqualTo(fields[0]);
    }

    @Test
    void setsUmaskAndNiceness() throws Exception {
        Nursery child = Nursery.script("umask; nice");
        child.umask = 0137;
        child.nice = 7;
        assertThat(child.output()).isEqualTo("0137\n7\n");
    }

    @Test
    void setsLimits() throws Exception {
        Nursery child = Nursery.script("ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Ht");
        child.limits =
                Map.of(
                        Resource.NOFILE, new Limit(20, 30),
                        Resource.CORE, new Limit(0, 0),
                        Resource.CPU, new Limit(1000, 2000));
        assertThat(child.output()).isEqualTo("20\n30\n0\n2000\n");
    }

    @Test
    void workersGetTheOpenFilesTheManagerWasStartedWith() throws Exception {
        Limit inherited = OpenFileLimits.inheritedOpenFiles();
        OpenFileLimits.rememberInherited(new Limit(100, inherited.hard()));
        try {
            OpenFileLimits.raiseOpenFiles();
            assertThat(OpenFileLimits.openFiles().soft())
                    .isEqualTo(OpenFileLimits.openFiles().hard());
            assertThat(Nursery.script("ulimit -Sn").output()).isEqualTo("100\n");
        } finally {
            OpenFileLimits.rememberInherited(inherited);
        }
    }

    @Test
    void takesAnotherUserWithItsGroups() throws Exception {
        assumeTrue(Nursery.isRoot(), "only root can become somebody else");
        Nursery child = Nursery.script("grep -E '^(Uid|Gid|Groups)' /proc/self/status");
        child.credentials = new Credentials(12345, 23456, List.of(23456, 34567));
        assertThat(child.output())
                .isEqualTo(
                        """
                        Uid:\t12345\t12345\t12345\t12345
                        Gid:\t23456\t23456\t23456\t23456
                        Groups:\t23456 34567\s
                        """);
    }

    @Test
    void staysOpenToItselfAfterAChildTookAnotherUser() throws Exception {
        assumeTrue(Nursery.isRoot(), "only root can become somebody else");
        int prGetDumpable = 3;
        long before = SystemCalls.call(Syscall.PRCTL, prGetDumpable);
        Nursery child = new Nursery();
        child.credentials = new Credentials(12345, 23456, List.of());
        child.exit();
        assertThat(SystemCalls.call(Syscall.PRCTL, prGetDumpable)).isEqualTo(before).isEqualTo(1);
    }

    @Test
    void aMissingDirectoryIsNamed() {
        Nursery child = new Nursery();
        child.directory = "/nowhere/at/all";
        assertFails(child, "chdir /nowhere/at/all: no such file or directory (ENOENT)");
    }

    @Test
    void aMissingProgramIsNamed() {
        Nursery child = new Nursery();
        child.executable = "/nowhere/program";
        assertFails(child, "execve /nowhere/program: no such file or directory (ENOENT)");
    }

    @Test
    void aProgramThatMayNotBeRunIsNamed() throws Exception {
        assertFails(file("plain", "text", "rw-r--r--"), ": permission denied (EACCES)");
    }

    @Test
    void aProgramThatIsNoneIsNamed() throws Exception {
        assertFails(
                file("plain", "text", "rwxr-xr-x"),
                ": exec format error (ENOEXEC); a script begins with a line like #!/bin/sh");
    }

    @Test
    void aMissingInterpreterIsNamed() throws Exception {
        assertFails(
                file("script", "#!/nowhere/sh\n", "rwxr-xr-x"),
                ": no such file or directory (ENOENT); its interpreter is missing");
    }

    private Nursery file(String name, String text, String mode) throws IOException {
        Path file = Files.writeString(directory.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        Nursery child = new Nursery();
        child.executable = file.toString();
        return child;
    }

    @Test
    void aClosedDescriptorIsNamed() {
        Nursery child = new Nursery();
        child.more = List.of(9_999);
        assertFails(child, "descriptor 9999: bad file descriptor (EBADF)");
    }

    @Test
    void anImpossibleLimitIsNamed() {
        Nursery child = new Nursery();
        child.limits = Map.of(Resource.CORE, new Limit(2, 1));
        assertFails(child, "prlimit CORE: invalid argument (EINVAL)");
    }

    /// Not even root may have more open files than fs.nr_open.
    @Test
    void aLimitAboveTheManagersSaysWhatToDo() {
        Nursery child = new Nursery();
        child.limits = Map.of(Resource.NOFILE, new Limit(1L << 40, 1L << 40));
        assertFails(
                child,
                "prlimit NOFILE: operation not permitted (EPERM); a hard limit above the"
                        + " manager's own takes CAP_SYS_RESOURCE: lower it under limits, or raise"
                        + " the manager's (ulimit -H, LimitNOFILE= and so on)");
    }

    @Test
    void usersAreForRootToTake() throws Exception {
        assumeTrue(Nursery.isRoot(), "the other way round there is nothing to show");
        Nursery child = new Nursery();
        child.credentials = new Credentials(1, -1, List.of(-1));
        assertFails(child, "setgroups [-1]: invalid argument (EINVAL)");
    }

    @Test
    void argumentsBeyondAllMeasureAreRefused() {
        Nursery child = Nursery.script("x".repeat(200_000));
        assertFails(child, "execve /bin/sh: argument list too long (E2BIG)");
        Nursery huge = Nursery.script("x".repeat(5_000_000));
        assertFails(huge, "execve /bin/sh: argument list too long (E2BIG)");
    }

    @Test
    void aTextWithANulIsRefused() {
        assertFails(Nursery.script("a\0b"), "'a…': invalid argument (EINVAL): holds a NUL");
    }

    private static void assertFails(Nursery child, String message) {
        assertThatThrownBy(child::exit)
                .isInstanceOf(SpawnException.class)
                .hasMessageEndingWith(message);
        assertThat(Nursery.isChildless()).isTrue();
    }

    @Test
    void aFailureTellsItsStepAndErrno() {
        Nursery child = new Nursery();
        child.directory = "/etc/passwd";
        SpawnException failure = catchThrowableOfType(SpawnException.class, child::exit);
        assertThat(failure.step()).isEqualTo("chdir /etc/passwd");
        assertThat(failure.errno()).isEqualTo(Errno.ENOTDIR);
    }

    @Test
    void manyDescriptorsAndVariablesAreNoTrouble() throws Exception {
        int file = Descriptors.openNull();
        Nursery child = Nursery.script("echo $LAST; exec ls /proc/self/fd");
        child.more = Collections.nCopies(150, file);
        List<String> environment = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            environment.add("VARIABLE_" + i + "=" + "v".repeat(100));
        }
        environment.addAll(List.of("PATH=/usr/bin:/bin", "LAST=there"));
        child.environment = environment;
        String output = child.output();
        Descriptors.close(file);
        // 0, 1, 2, the 150, and the one that lists them
        assertThat(output.lines()).startsWith("there", "0", "1").hasSize(1 + 153 + 1);
    }

    /// Opening it waits until the lease is given back, or for fs.lease-break-time: 45 s.
    private int lease(String path) {
        int fd = Descriptors.openAppend(Path.of(path));
        SystemCalls.check(
                "signal", SystemCalls.call(Syscall.FCNTL, fd, 10, Signal.CHLD.number())); // SETSIG
        SystemCalls.check(
                "lease", SystemCalls.call(Syscall.FCNTL, fd, 1024, 1)); // F_SETLEASE, F_WRLCK
        return fd;
    }

    private static void giveBack(int fd) {
        SystemCalls.check("lease", SystemCalls.call(Syscall.FCNTL, fd, 1024, 2)); // F_UNLCK
    }

    private Nursery interpreted() throws Exception {
        Nursery interpreter = file("interpreter", "#!/bin/sh\nexit 7\n", "rwxr-xr-x");
        return file("script", "#!" + interpreter.executable + "\n", "rwxr-xr-x");
    }

    private PendingChild begin(Nursery child) throws SpawnException {
        int nothing = Descriptors.openNull();
        PendingChild pendingChild =
                child.spawner.begin(child.order(nothing, nothing), "", Spawner.OWN_CGROUP, MOMENT);
        Descriptors.close(nothing);
        return pendingChild;
    }

    private static String name(PendingChild pendingChild) throws IOException {
        return Files.readString(Path.of("/proc/" + pendingChild.child().pid() + "/comm")).strip();
    }

    @Test
    void aLeaseOnAnInterpreterHoldsUpThatChildAlone() throws Exception {
        Nursery child = interpreted();
        int lease = lease(directory.resolve("interpreter").toString());
        long began = System.nanoTime();
        PendingChild pendingChild = begin(child);
        assertThat(System.nanoTime() - began).isLessThan(1_000_000_000L);
        assertThat(pendingChild.underWay()).isTrue();
        assertThat(name(pendingChild)).isEqualTo(ProcessStatus.BEFORE_EXECVE);
        assertThat(new Nursery().exit().code()).isZero(); // another, meanwhile
        assertThat(child.spawner.releaseFinished()).isTrue();
        Descriptors.close(lease);
        assertThat(pendingChild.await(10_000_000_000L)).isTrue();
        assertThat(pendingChild.failure()).isNull();
        assertThat(child.spawner.releaseFinished()).isFalse();
        assertThat(Children.await(pendingChild.child().pidfd()))
                .isEqualTo(new ProcessExit(7, 0, false));
        Descriptors.close(pendingChild.child().pidfd());
    }

    @Test
    void oneThatIsHeldUpAndFailsThenSaysWhy() throws Exception {
        Nursery child = interpreted();
        int lease = lease(directory.resolve("interpreter").toString());
        PendingChild pendingChild = begin(child);
        giveBack(lease); // and still it is open for writing
        assertThat(pendingChild.await(10_000_000_000L)).isTrue();
        assertThat(pendingChild.failure())
                .hasMessage(
                        "execve "
                                + child.executable
                                + ": text file busy (ETXTBSY); somebody is writing"
                                + " to it");
        assertThat(Children.await(pendingChild.child().pidfd()))
                .isEqualTo(new ProcessExit(127, 0, false));
        Descriptors.close(pendingChild.child().pidfd());
        Descriptors.close(lease);
    }

    @Test
    void oneThatIsHeldUpCanBeKilled() throws Exception {
        Nursery child = interpreted();
        int lease = lease(directory.resolve("interpreter").toString());
        PendingChild pendingChild = begin(child);
        Processes.kill(pendingChild.child().pidfd(), Signal.TERM);
        int term = Signal.TERM.number();
        assertThat(Children.await(pendingChild.child().pidfd()))
                .isEqualTo(new ProcessExit(0, term, false));
        assertThat(pendingChild.underWay()).isFalse();
        assertThat(pendingChild.failure()).isNull();
        Descriptors.close(pendingChild.child().pidfd());
        Descriptors.close(lease);
    }

    /// It shares our memory: who may attach to it may read ours.
    @Test
    void nobodyMayAttachToOneThatIsHeldUpAsAnotherUser() throws Exception {
        assumeTrue(Nursery.isRoot());
        Nursery child = interpreted();
        child.credentials = new Credentials(65_534, 65_534, List.of());
        assumeTrue(dumpable() == 1);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        int lease = lease(directory.resolve("interpreter").toString());
        PendingChild pendingChild = begin(child);
        Nursery another = new Nursery();
        another.credentials = child.credentials;
        assertThat(another.exit().code()).isZero();
        assertThat(dumpable()).isNotEqualTo(1);
        assertThat(pendingChild.underWay()).isTrue();
        Descriptors.close(lease);
        assertThat(pendingChild.await(10_000_000_000L)).isTrue();
        assertThat(dumpable()).isEqualTo(1);
        Children.await(pendingChild.child().pidfd());
        Descriptors.close(pendingChild.child().pidfd());
    }

    private static long dumpable() {
        return SystemCalls.call(Syscall.PRCTL, 3); // PR_GET_DUMPABLE
    }

    @Test
    void tellsExitCodesAndSignals() throws Exception {
        assertThat(Nursery.script("exit 42").exit()).isEqualTo(new ProcessExit(42, 0, false));
        int kill = Signal.KILL.number();
        assertThat(Nursery.script("kill -9 $$").exit()).isEqualTo(new ProcessExit(0, kill, false));
    }

    @Test
    void twoHundredChildrenLeaveNothingBehind() throws Exception {
        for (int i = 0; i < 200; i++) {
            assertThat(Nursery.script("exit 3").exit().code()).isEqualTo(3);
        }
    }

    @Test
    void manyAreBornWhileTheJvmIsBusyInManyThreads() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong garbage = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            threads.add(Thread.ofPlatform().start(() -> litter(stop, garbage)));
        }
        threads.add(Thread.ofPlatform().start(() -> collect(stop)));
        try {
            Nursery child = new Nursery();
            child.executable = "/bin/true";
            child.argv = List.of("true");
            child.ownPid = List.of("LISTEN_PID");
            for (int i = 0; i < 40; i++) {
                assertThat(child.exit()).isEqualTo(new ProcessExit(0, 0, false));
            }
        } finally {
            stop.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertThat(garbage.get()).isPositive();
    }

    private static void litter(AtomicBoolean stop, AtomicLong garbage) {
        while (!stop.get()) {
            byte[][] heap = new byte[64][];
            for (int i = 0; i < heap.length; i++) {
                heap[i] = new byte[4096];
            }
            garbage.addAndGet(heap[heap.length - 1].length);
            LockSupport.parkNanos(50_000);
        }
    }

    /// Collections on purpose: safepoints while children are born.
    private static void collect(AtomicBoolean stop) {
        while (!stop.get()) {
            System.gc();
            LockSupport.parkNanos(2_000_000);
        }
    }
}
