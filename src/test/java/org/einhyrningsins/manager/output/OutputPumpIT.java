// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.control.report.RotatedFiles;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

@Timeout(240)
class OutputPumpIT {
    private static final int LINES = 2_000;

    @TempDir private Path directory;

    private final List<String> told = new ArrayList<>();
    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private EventLoop eventLoop =
            new EventLoop(new ManagerLog(logged::writeBytes, LogSpec.DEFAULT));
    private OutputPump pump = pump();
    private final List<Integer> ends = new ArrayList<>();
    private @Nullable Path mounted;

    private OutputPump pump() {
        return new OutputPump(
                eventLoop,
                new LogWriterThreads(eventLoop),
                (level, program, message) -> told.add(message));
    }

    @AfterEach
    void close() throws Exception {
        ends.forEach(Descriptors::close);
        pump.close();
        eventLoop.close();
        if (mounted != null) {
            run("umount", mounted.toString());
        }
        assertThat(logged.toString(UTF_8)).isEmpty();
    }

    private static int run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    Path directory() {
        return directory;
    }

    Path file() {
        return directory.resolve("web.log");
    }

    private LogsSpec.Kept kept(long maxBytes, LogsSpec.Word... prefix) {
        return kept(maxBytes, 10_000, false, prefix);
    }

    private LogsSpec.Kept kept(long maxBytes, int keep, boolean compress, LogsSpec.Word... prefix) {
        return new LogsSpec.Kept(file(), maxBytes, null, keep, compress, List.of(prefix));
    }

    /// A worker that does not wait when its pipe is full, but lets the loop go on.
    final class Worker {
        final OutputPipe pipe;
        final int end;

        Worker(int slot, LogsSpec.Kept spec) {
            this(slot, pump.open("web", slot, spec, null, false));
        }

        Worker(int slot, OutputPump.Outlet outlet) {
            pipe = outlet.pipe();
            pipe.spawned(4000 + slot);
            end = outlet.worker();
            Descriptors.setNonBlocking(end, true);
            ends.add(end);
        }

        void write(String text) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
            while (bytes.hasRemaining()) {
                if (Descriptors.write(end, bytes) < 0) {
                    eventLoop.turn(TimeUnit.SECONDS.toNanos(1));
                }
            }
        }

        /// It ends, without a chance to say more.
        void die() {
            ends.remove(Integer.valueOf(end));
            Descriptors.close(end);
        }
    }

    /// Until nothing has happened for a moment: there is nobody else who could make something but
    /// writer threads, which are waited for.
    void settle() {
        for (int quiet = 0; quiet < 50; quiet++) {
            eventLoop.turn(TimeUnit.MILLISECONDS.toNanos(1));
            quiet = pump.targets().writerThreads().isBusy() ? 0 : quiet;
        }
    }

    private List<String> lines() throws IOException {
        List<String> lines = new ArrayList<>();
        for (Path each : files()) {
            String text = text(each);
            assertThat(text).as("%s ends with a line", each).endsWith("\n");
            text.lines().forEach(lines::add);
        }
        return lines;
    }

    private List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>(RotatedFiles.of(file()));
        files.add(file());
        return files;
    }

    private static String text(Path file) throws IOException {
        try (InputStream plain = Files.newInputStream(file);
                InputStream in =
                        RotatedFiles.isCompressed(file) ? new GZIPInputStream(plain) : plain) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    /// What several workers write in turns, in pieces that end anywhere.
    private List<String> babble(List<Worker> workers, long seed) {
        Random random = new Random(seed);
        List<StringBuilder> unsaid = new ArrayList<>();
        List<String> all = new ArrayList<>();
        for (int slot = 0; slot < workers.size(); slot++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < LINES; i++) {
                String line = slot + " " + i + " " + "x".repeat(random.nextInt(200));
                all.add(line);
                text.append(line).append('\n');
            }
            unsaid.add(text);
        }
        while (unsaid.stream().anyMatch(text -> !text.isEmpty())) {
            int slot = random.nextInt(workers.size());
            StringBuilder text = unsaid.get(slot);
            int count = Math.min(text.length(), random.nextInt(5_000));
            workers.get(slot).write(text.substring(0, count));
            text.delete(0, count);
        }
        return all;
    }

    Worker worker() {
        return new Worker(0, kept(0));
    }

    private List<Worker> workers(int count, LogsSpec.Kept spec) {
        List<Worker> workers = new ArrayList<>();
        for (int slot = 0; slot < count; slot++) {
            workers.add(new Worker(slot, spec));
        }
        return workers;
    }

    @Test
    void keepsEveryLineOnceAndWholeWhileFilesAreTurned() throws IOException {
        List<String> all = babble(workers(4, kept(20_000)), 1);
        settle();
        assertThat(lines()).containsExactlyInAnyOrderElementsOf(all);
        assertThat(files()).hasSizeGreaterThan(30);
        for (Path each : files()) {
            assertThat(Files.size(each)).isLessThanOrEqualTo(20_000);
        }
    }

    @Test
    void putsWordsBeforeEachLine() throws IOException {
        LogsSpec.Word[] prefix = {LogsSpec.Word.TIME, LogsSpec.Word.SLOT, LogsSpec.Word.PID};
        List<String> all = babble(workers(3, kept(30_000, prefix)), 2);
        settle();
        List<String> bare = new ArrayList<>();
        for (String line : lines()) {
            String[] words = line.split(" ", 4);
            assertThat(words[0]).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
            String slot = words[3].substring(0, 1);
            assertThat(words[1]).isEqualTo("web:" + slot);
            assertThat(words[2]).isEqualTo("400" + slot);
            bare.add(words[3]);
        }
        assertThat(bare).containsExactlyInAnyOrderElementsOf(all);
        for (Path each : files()) {
            assertThat(Files.size(each)).isLessThanOrEqualTo(30_000);
        }
    }

    @Test
    void letsALineWaitUntilItIsWholeOrItsWorkerDead() throws IOException {
        List<Worker> workers = workers(2, kept(0));
        workers.get(0).write("half");
        workers.get(1).write("other\n");
        settle();
        assertThat(text(file())).isEqualTo("other\n");
        workers.get(0).write(" whole\nlast words");
        settle();
        assertThat(text(file())).isEqualTo("other\nhalf whole\n");
        workers.get(0).die();
        settle();
        assertThat(text(file())).isEqualTo("other\nhalf whole\nlast words");
        workers.get(1).write("next\n");
        settle();
        assertThat(text(file())).isEqualTo("other\nhalf whole\nlast words\nnext\n");
    }

    @Test
    void movesALineLongerThanAPipe() throws IOException {
        Worker worker = new Worker(0, kept(100_000));
        String line = "y".repeat(500_000);
        worker.write("before\n" + line + "\nafter\n");
        settle();
        StringBuilder all = new StringBuilder();
        for (Path each : files()) {
            all.append(text(each));
        }
        assertThat(all.toString()).isEqualTo("before\n" + line + "\nafter\n");
    }

    @Test
    void beginsAnewWhenSomebodyMovesOrEmptiesTheFile() throws IOException {
        Worker worker = new Worker(0, kept(0));
        worker.write("one\n");
        settle();
        Files.move(file(), directory.resolve("moved"));
        worker.write("two\n");
        settle();
        assertThat(text(directory.resolve("moved"))).isEqualTo("one\n");
        assertThat(text(file())).isEqualTo("two\n");
        Files.newOutputStream(file(), StandardOpenOption.TRUNCATE_EXISTING).close();
        worker.write("three\n");
        settle();
        assertThat(text(file())).isEqualTo("three\n");
    }

    @Test
    void keepsSoManyCompressed() throws Exception {
        Worker worker = new Worker(0, kept(4096, 3, true));
        for (int i = 0; i < 20; i++) {
            worker.write(("line " + i + " ").repeat(400) + "\n");
            settle();
        }
        List<Path> aside = awaitCompressed();
        assertThat(aside).hasSize(3);
        assertThat(text(aside.getLast())).startsWith("line 18 ").endsWith("\n");
        assertThat(text(file())).startsWith("line 19 ");
        assertThat(directory.toFile().list()).hasSize(4);
    }

    private List<Path> awaitCompressed() throws Exception {
        List<Path> aside = RotatedFiles.of(file());
        for (int i = 0; i < 1_000; i++) {
            boolean all = aside.stream().allMatch(RotatedFiles::isCompressed);
            if (aside.size() <= 3 && all) {
                return aside;
            }
            TimeUnit.MILLISECONDS.sleep(10);
            aside = RotatedFiles.of(file());
        }
        return aside;
    }

    @Test
    void turnsAnOldFileWhenTheNextLineComes() throws Exception {
        LogsSpec.Kept spec =
                new LogsSpec.Kept(file(), 0, Duration.ofMillis(300), 9, false, List.of());
        Worker worker = new Worker(0, spec);
        worker.write("one\n");
        settle();
        TimeUnit.MILLISECONDS.sleep(350);
        worker.write("two\n");
        settle();
        assertThat(text(file())).isEqualTo("two\n");
        assertThat(lines()).containsExactly("one", "two");
    }

    @Test
    void workersGoOnWithoutAManagerAndTheNextOneHasItAll() throws IOException {
        Worker worker = new Worker(0, kept(5_000));
        worker.write("before\n");
        settle();
        pump.targets().writerThreads().close(); // its threads go with the process
        eventLoop.close(); // killed: nothing is done any more
        Descriptors.close(worker.pipe.fd());
        StringBuilder meanwhile = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            meanwhile.append("meanwhile ").append(i).append('\n');
        }
        worker.write(meanwhile.toString());
        eventLoop = new EventLoop(new ManagerLog(logged::writeBytes, LogSpec.DEFAULT));
        pump = pump();
        int reader = OutputPipes.reopen(Processes.self(), worker.end, 0);
        OutputPipe pipe = pump.adopt("web", 0, 4000, kept(5_000), reader);
        worker.write("after\n");
        settle();
        assertThat(String.join("\n", lines())).isEqualTo("before\n" + meanwhile + "after");
        assertThat(pipe.pid()).isEqualTo(4000);
    }

    @Test
    void aFileThatIsNoPipeIsNotAdopted() throws IOException {
        int fd = Descriptors.openAppend(file());
        ends.add(fd);
        assertThat(OutputPipes.reopen(Processes.self(), fd, 0)).isEqualTo(-1);
    }

    /// A worker may put anything in the place of the pipe that it was given: a named one that is
    /// somebody else's, or another pipe.
    @Test
    void onlyTheVeryPipeIsAdoptedThatTheWorkerWasGiven() throws Exception {
        Path fifo = directory.resolve("fifo");
        new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor();
        int named = fileDescriptor(new java.io.RandomAccessFile(fifo.toFile(), "rw"));
        assertThat(OutputPipes.reopen(Processes.self(), named, 0)).isEqualTo(-1);
        assertThat(OutputPipes.reopen(Processes.self(), named, Sockets.inode(named))).isEqualTo(-1);
        Worker worker = new Worker(0, kept(5_000));
        long inode = worker.pipe.inode();
        assertThat(OutputPipes.reopen(Processes.self(), worker.end, inode + 1)).isEqualTo(-1);
        int again = OutputPipes.reopen(Processes.self(), worker.end, inode);
        assertThat(Sockets.inode(again)).isEqualTo(inode);
        Descriptors.close(again);
    }

    private static int fileDescriptor(java.io.RandomAccessFile file) throws Exception {
        for (String name : new java.io.File("/proc/self/fd").list()) {
            Path link = Path.of("/proc/self/fd", name);
            if (Files.exists(link)
                    && Files.readSymbolicLink(link).toString().endsWith("/fifo")
                    && file.getFD().valid()) {
                return Integer.parseInt(name);
            }
        }
        throw new AssertionError("not open");
    }

    /// Somebody who writes in the directory must not lead a manager of root's elsewhere.
    @Test
    void followsNoLink() throws Exception {
        Files.createSymbolicLink(file(), directory.resolve("elsewhere"));
        try {
            new Worker(0, kept(0));
            settle(); // beside the loop it is refused later where the machine is slow
            assertThat(told).isNotEmpty();
        } catch (PosixException refused) {
            assertThat(refused).hasMessageContaining("web.log");
        }
        assertThat(directory.resolve("elsewhere")).doesNotExist();
    }

    /// Its user may do with the directory what they like; nothing is made where they lead to.
    @Test
    void whoReplacesTheDirectoryByALinkGetsNothingWrittenElsewhere() throws IOException {
        assumeTrue(Processes.user() == 0, "only root can be led where others may not go");
        Path home = owned(Files.createDirectory(directory.resolve("home")));
        Path logs = owned(Files.createDirectory(home.resolve("log")));
        Path etc = Files.createDirectory(directory.resolve("etc"));
        Path log = logs.resolve("web.log");
        Worker worker = new Worker(0, new LogsSpec.Kept(log, 4096, null, 9, true, List.of()));
        worker.write("one\n");
        settle();
        Files.move(logs, home.resolve("before"));
        owned(Files.createSymbolicLink(home.resolve("log"), etc));
        worker.write("two\n".repeat(3_000));
        settle();
        assertThat(etc.toFile().list()).isEmpty();
        assertThat(text(home.resolve("before/web.log"))).isEqualTo("one\n");
        assertThat(told).anyMatch(line -> line.contains("a symbolic link of uid 54321"));
    }

    private static Path owned(Path file) throws IOException {
        return Files.setAttribute(
                file, "unix:uid", 54_321, java.nio.file.LinkOption.NOFOLLOW_LINKS);
    }

    @Test
    void aChangedDefinitionTakesEffectOnWhatIsWrittenFromThenOn() throws IOException {
        Worker worker = new Worker(0, kept(0));
        worker.write("one\n");
        settle();
        Path other = directory.resolve("other.log");
        pump.targets()
                .redirect(
                        worker.pipe,
                        new LogsSpec.Kept(other, 0, null, 8, false, List.of(LogsSpec.Word.SLOT)));
        worker.write("two\n");
        settle();
        assertThat(text(file())).isEqualTo("one\n");
        assertThat(text(other)).isEqualTo("web:0 two\n");
    }

    @Test
    void aFullDiskBlocksNoWorkerAndKeepsTheNewestLines() throws Exception {
        for (LogsSpec.Word[] prefix :
                List.of(new LogsSpec.Word[0], new LogsSpec.Word[] {LogsSpec.Word.SLOT})) {
            fullDisk(prefix);
        }
    }

    private void fullDisk(LogsSpec.Word... prefix) throws Exception {
        assumeTrue(Processes.user() == 0, "only root may mount");
        Path small = Files.createDirectories(directory.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=256k", "none", small.toString()) == 0,
                "no tmpfs here");
        mounted = small;
        Path log = small.resolve("web.log");
        Files.write(small.resolve("ballast"), new byte[128 * 1024]);
        told.clear();
        Worker worker = new Worker(0, new LogsSpec.Kept(log, 0, null, 8, false, List.of(prefix)));
        int count = 20_000; // of some 60 bytes: more than the disk and the memory take
        for (int i = 0; i < count; i++) {
            worker.write("line " + i + " " + "z".repeat(50) + "\n");
        }
        settle();
        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).contains("no space left on device", "web.log");
        assertThat(pump.problems("web")).contains("cannot write", "lost ");
        Files.delete(small.resolve("ballast"));
        Files.write(small.resolve("pebble"), new byte[0]);
        run("mount", "-o", "remount,size=1m", small.toString());
        awaitRecovery();
        worker.write("line " + count + " the end\n");
        settle();
        assertThat(told).hasSize(2);
        assertThat(told.getLast()).contains("again", "lost meanwhile: ");
        List<Integer> numbers = numbers(log, prefix.length > 0);
        assertThat(numbers).isSorted().doesNotHaveDuplicates().endsWith(count);
        int lost = count + 1 - numbers.size();
        assertThat(lost).isPositive();
        assertThat(pump.problems("web")).startsWith("lost " + lost + " lines (");
        int newest = numbers.size() - 3_000;
        assertThat(numbers.get(newest)).isEqualTo(count - 2_999);
        worker.die();
        settle();
        run("umount", small.toString());
        mounted = null;
    }

    private static List<Integer> numbers(Path log, boolean dressed) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        for (String line : Files.readAllLines(log)) {
            String bare = dressed ? line.substring("web:0 ".length()) : line;
            assertThat(bare).matches("line \\d+ (z{50}|the end)");
            numbers.add(Integer.valueOf(bare.split(" ", -1)[1]));
        }
        return numbers;
    }

    /// Where lines are passed on to: a pipe of ours, read by nobody else.
    private int[] reader() {
        int[] pipe = Descriptors.pipe();
        Descriptors.setNonBlocking(pipe[0], true);
        ends.add(pipe[0]);
        return pipe;
    }

    private Worker passed(int slot, int to, boolean owned) {
        OutputPump.Stream stream = new OutputPump.Stream(to, owned);
        return new Worker(slot, pump.openPassThrough("web", slot, stream, null));
    }

    private static String readAll(int fd) {
        ByteBuffer all = ByteBuffer.allocate(1024 * 1024);
        while (Descriptors.read(fd, all) > 0) {
            assertThat(all.hasRemaining()).isTrue();
        }
        return new String(all.array(), 0, all.position(), UTF_8);
    }

    @Test
    void passesLinesOnWholeAndNoFasterThanTheyAreRead() {
        int[] pipe = reader();
        ends.add(pipe[1]);
        List<Worker> workers = List.of(passed(0, pipe[1], false), passed(1, pipe[1], false));
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            for (int slot = 0; slot < 2; slot++) {
                String line = slot + " " + i + " " + "x".repeat(70) + "\n";
                workers.get(slot).write(line);
                said.append(line);
            }
        }
        settle();
        assertThat(pump.deadline()).as("tries again").isNotNull();
        StringBuilder read = new StringBuilder(readAll(pipe[0]));
        assertThat(read.length()).isBetween(1, said.length() - 1);
        for (int i = 0; i < 1_000 && read.length() < said.length(); i++) {
            eventLoop.turn(TimeUnit.MILLISECONDS.toNanos(10));
            pump.deadlinePassed(Clock.now());
            read.append(readAll(pipe[0]));
        }
        assertThat(read.toString().lines().sorted().toList())
                .isEqualTo(said.toString().lines().sorted().toList());
        assertThat(pump.deadline()).isNull();
    }

    @Test
    void saysOnceThatNobodyTakesWhatIsPassedOn() {
        int[] pipe = reader();
        Worker worker = passed(0, pipe[1], true);
        ends.remove(Integer.valueOf(pipe[0]));
        Descriptors.close(pipe[0]);
        worker.write("one\n");
        settle();
        worker.write("two\n");
        settle();
        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).contains("lost", "EPIPE");
        worker.die();
        settle();
        assertThat(pump.pipes()).isEmpty();
    }

    @Test
    void findsAnAckLineThatNobodyTakes() {
        int[] pipe = reader();
        ends.add(pipe[1]);
        Worker worker = passed(0, pipe[1], false);
        List<String> acks = new ArrayList<>();
        worker.pipe.watchForAck(
                new AckLineMatcher("up", () -> acks.isEmpty(), () -> acks.add("up"), () -> {}));
        worker.write(("x".repeat(99) + "\n").repeat(1_400) + "half of it, but u");
        settle();
        assertThat(acks).isEmpty();
        worker.write("p\n");
        settle();
        assertThat(acks).as("it is behind more than one looks at").isEmpty();
        for (int i = 0; i < 1_000 && acks.isEmpty(); i++) {
            readAll(pipe[0]);
            eventLoop.turn(TimeUnit.MILLISECONDS.toNanos(10));
            pump.deadlinePassed(Clock.now());
        }
        assertThat(acks).containsExactly("up");
        StringBuilder rest = new StringBuilder(readAll(pipe[0]));
        for (int i = 0; i < 1_000 && rest.indexOf("up\n") < 0; i++) { // asked now and then
            eventLoop.turn(TimeUnit.MILLISECONDS.toNanos(10));
            pump.deadlinePassed(Clock.now());
            rest.append(readAll(pipe[0]));
        }
        assertThat(rest.toString()).endsWith("half of it, but up\n");
    }

    @Test
    void asksLessAndLessOftenWhoTakesNothing() {
        int[] pipe = reader();
        ends.add(pipe[1]);
        Worker worker = passed(0, pipe[1], false);
        worker.write(("x".repeat(99) + "\n").repeat(1_400));
        Duration pause = Duration.ZERO;
        for (int i = 0; i < 1_000 && pause.toMillis() < 200; i++) {
            eventLoop.turn(TimeUnit.MILLISECONDS.toNanos(10));
            pump.deadlinePassed(Clock.now());
            Moment next = pump.deadline();
            pause = next == null ? Duration.ZERO : next.since(Clock.now());
        }
        assertThat(pause).isGreaterThan(Duration.ofMillis(199));
        readAll(pipe[0]);
    }

    /// What one look has no time for waits for the next.
    @Test
    void findsAnAckLineBehindOnesThatTakeLong() throws IOException {
        List<String> acks = new ArrayList<>();
        Worker worker = new Worker(0, kept(0));
        worker.pipe.watchForAck(
                new AckLineMatcher(
                        ".*.*.*.*x|up", () -> acks.isEmpty(), () -> acks.add("up"), () -> {}));
        String hard = "a".repeat(300) + "\n";
        worker.write(hard + "up\n");
        settle();
        assertThat(acks).containsExactly("up");
        assertThat(text(file())).isEqualTo(hard + "up\n");
    }

    @Test
    void findsAnAckLineOnItsWayToAFile() throws IOException {
        List<String> acks = new ArrayList<>();
        Worker worker = new Worker(0, kept(0));
        Worker other = new Worker(1, kept(0));
        worker.pipe.watchForAck(
                new AckLineMatcher(
                        "up",
                        () -> acks.isEmpty(),
                        () -> acks.add(String.valueOf(size())),
                        () -> {}));
        other.write("up\n");
        settle();
        assertThat(acks).isEmpty();
        worker.write("up\nup\n");
        settle();
        assertThat(acks).as("before the line left the pipe").containsExactly("3");
        assertThat(text(file())).isEqualTo("up\nup\nup\n");
    }

    private long size() {
        return file().toFile().length();
    }

    private void awaitRecovery() {
        for (int i = 0; i < 100 && told.size() < 2; i++) {
            eventLoop.turn(TimeUnit.MILLISECONDS.toNanos(50));
            pump.deadlinePassed(Clock.now());
        }
    }
}
