// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.manager.runtime.WaitBudget;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.spawn.ChildGate;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

@Timeout(240)
class SpawnPreparationTest {
    private final SpawnPreparation spawnPreparation = new SpawnPreparation(new WaitBudget());
    private final CountDownLatch answered = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);
    private final List<String> deeds = new CopyOnWriteArrayList<>();

    private void waits() {
        try {
            answered.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void fails() {
        throw new PosixException("mkdir /x", Errno.ENOTCONN.number());
    }

    /// One whose first deed is late.
    private SpawnPreparation.Site late() throws SpawnException {
        SpawnPreparation.Site site = spawnPreparation.site("slow");
        site.lay("directories", this::waits);
        assertThat(site.late()).isTrue();
        return site;
    }

    @Test
    void whatIsDoneInTimeNeedsNoGate() throws Exception {
        SpawnPreparation.Site site =
                new SpawnPreparation(new WaitBudget(10_000_000_000L)).site("web");
        site.lay("directories", () -> deeds.add("made"));
        assertThat(deeds).containsExactly("made");
        assertThat(site.gate(() -> deeds.add("undone"))).isNull();
    }

    @Test
    void whatFailsInTimeIsSaidAtOnce() {
        SpawnPreparation.Site site =
                new SpawnPreparation(new WaitBudget(10_000_000_000L)).site("web");
        assertThatThrownBy(() -> site.lay("directories", SpawnPreparationTest::fails))
                .hasMessageStartingWith("directories: mkdir /x: ")
                .hasMessageContaining("ENOTCONN");
    }

    @Test
    void theGateOpensWhenAllIsDoneInOrder() throws Exception {
        SpawnPreparation.Site site = late();
        site.lay("credentials", () -> deeds.add("second"));
        ChildGate childGate = Objects.requireNonNull(site.gate(() -> undo("undone")));
        assertThat(deeds).isEmpty();
        childGate.childStarted();
        childGate.close(); // so that it is seen to be tried
        answered.countDown();
        done.await();
        assertThat(deeds).containsExactly("second", "undone");
    }

    private void undo(String word) {
        deeds.add(word);
        done.countDown();
    }

    @Test
    void anotherProgramIsNotHeldUp() throws Exception {
        late();
        long began = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            spawnPreparation.site("slow").lay("directories", () -> {});
        }
        assertThat(System.nanoTime() - began).isLessThan(1_000_000_000L); // 100 times 20 ms is 2 s
        boolean inTime = false;
        while (!inTime) { // there is hardly any patience left
            SpawnPreparation.Site other = spawnPreparation.site("other");
            other.lay("directories", () -> {});
            inTime = !other.late();
        }
        answered.countDown();
    }
}
