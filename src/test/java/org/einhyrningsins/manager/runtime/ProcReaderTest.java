// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

@Timeout(240)
class ProcReaderTest {
    private static final String SLOW = "slow";
    private final CountDownLatch provided = new CountDownLatch(1);

    private String waits() throws InterruptedException {
        provided.await();
        return "late";
    }

    @Test
    void whoDoesNotAnswerKeepsNobodyWaiting() {
        ProcReader.loopBegins();
        long began = System.nanoTime();
        List<ProcReader.Question<String>> asked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            ProcReader.Question<String> question = ProcReader.ask(SLOW, this::waits);
            assertThat(question.answer()).isNull();
            asked.add(question);
            String other = null;
            while (other == null) { // a busy machine may be late
                other = ProcReader.ask("another", () -> "at once").answer();
            }
        }
        assertThat(System.nanoTime() - began).isLessThan(2_000_000_000L); // 50 times 50 ms is 2.5 s
        assertThat(asked.getFirst().refused()).isFalse();
        assertThat(asked.subList(1, 50)).allMatch(ProcReader.Question::refused);
        provided.countDown();
        while (asked.getFirst().answer() == null) {
            Thread.onSpinWait();
        }
        ProcReader.Question<String> again = ProcReader.ask(SLOW, this::waits);
        assertThat(again.refused()).isFalse();
    }

    /// A user whose processes answer just too late, again and again, is waited for ever less.
    @Test
    void whoAnswersTooLateEachTimeIsWaitedForEverLess() throws Exception {
        ProcReader.loopBegins();
        long waited = 0;
        for (int i = 0; i < 30; i++) {
            CountDownLatch one = new CountDownLatch(1);
            ProcReader.Question<Boolean> question =
                    ProcReader.ask(
                            "too late",
                            () -> {
                                one.await();
                                return true;
                            });
            long began = System.nanoTime();
            assertThat(question.answer()).isNull();
            waited += System.nanoTime() - began;
            one.countDown();
            while (question.answer() == null) {
                Thread.onSpinWait();
            }
        }
        assertThat(waited).isLessThan(1_000_000_000L); // 30 times 50 ms is 1.5 s
    }

    /// As a worker does, it leads a session.
    private static Process worker() throws IOException {
        Process worker = new ProcessBuilder("setsid", "sleep", "1000").start();
        while (!ProcessGroups.leads((int) worker.pid())) {
            Thread.onSpinWait();
        }
        return worker;
    }

    @Test
    void aWorkerIsKnownByWhenItWasSpawned() throws Exception {
        Process worker = worker();
        long born = BootId.ticks();
        int pid = (int) worker.pid();
        try {
            assertThat(ProcReader.isWorker(pid, born)).isTrue();
            assertThat(ProcReader.isWorker(pid, -1)).as("as an older state has it").isTrue();
            assertThat(ProcReader.isWorker(1, -1)).as("not everybody").isFalse();
            boolean wrong = true;
            while (wrong) { // a busy machine may be late
                wrong = ProcReader.isWorker(pid, born - 1_000_000);
            }
        } finally {
            worker.destroyForcibly().waitFor();
        }
        assertThat(ProcReader.isWorker(pid, born)).as("after its death").isFalse();
    }

    /// A living worker that is taken for a dead one is replaced, and ended.
    @Test
    void aWorkerThatCannotBeLookedAtIsNoDeadOne() throws Exception {
        ProcReader.loopBegins();
        Process worker = worker();
        int pid = (int) worker.pid();
        try {
            List<ProcReader.Question<String>> hang = new ArrayList<>();
            hang.add(ProcReader.ofProcess(pid, this::waits));
            assertThat(hang.getFirst().answer()).isNull();
            boolean known = false;
            while (!known) { // one that does not answer does not hide the others of its user
                known = !ProcReader.isWorker(pid, BootId.ticks() - 1_000_000);
            }
            while (!hang.getLast().refused()) {
                hang.add(ProcReader.ofProcess(pid, this::waits));
                hang.getLast().answer();
            }
            assertThat(ProcReader.isWorker(pid, BootId.ticks())).isTrue();
        } finally {
            provided.countDown();
            worker.destroyForcibly().waitFor();
        }
        assertThat(ProcReader.isWorker(pid, BootId.ticks())).as("after its death").isFalse();
    }

    @Test
    void whatFailsIsTold() {
        ProcReader.Question<String> question =
                ProcReader.ask(
                        "fails",
                        () -> {
                            throw new IllegalArgumentException("no");
                        });
        assertThatThrownBy(
                        () -> {
                            while (question.answer() == null) {
                                Thread.onSpinWait();
                            }
                        })
                .hasMessage("no");
    }

    @Test
    void theVariablesOfAProcessAreThoseThatItWasBornWith() {
        int self = (int) ProcessHandle.current().pid();
        String path = null;
        while (path == null) { // a busy machine may be late
            path = ProcReader.variable(self, "PATH");
        }
        assertThat(path).isEqualTo(System.getenv("PATH"));
        assertThat(ProcReader.variable(self, "NOT_THERE_AT_ALL")).isNull();
    }
}
