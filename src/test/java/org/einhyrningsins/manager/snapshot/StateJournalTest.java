// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

final class StateJournalTest {
    private static final String BORN = "born web 1 7 3 12345 4711\0\0\0\0\0\n";

    @Test
    void aTornLineIsNoNote() {
        StateJournal.Read read = StateJournal.read(BORN + "acked web 1 7\nborn web 2 8 3 12346 47");
        assertThat(read.spawns())
                .first()
                .isEqualTo(new StateJournal.SpawnNote("web", new WorkerId(1, 7), 3, 12_345, 4_711));
        assertThat(read.acks()).containsExactly(new StateJournal.Ack("web", new WorkerId(1, 7)));
        for (int length = 0; length < BORN.length() - 8; length++) {
            assertThat(StateJournal.read(BORN.substring(0, length)).spawns()).hasSizeLessThan(2);
        }
        assertThat(StateJournal.read("\0\n \nborn\nborn a b c d e f\nacked x y z\n").spawns())
                .isEmpty();
    }

    @Test
    void anAckIsThereUntilTheImagesHaveIt(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("notes");
        StateJournal stateJournal = new StateJournal(Descriptors.lock(file));
        stateJournal.acked("web", new WorkerId(0, 1));
        assertThat(Files.readString(file)).isEqualTo("acked web 0 1\n");
        stateJournal.clear();
        assertThat(StateJournal.read(Files.readString(file)).acks()).isEmpty();
        Descriptors.close(stateJournal.file());
    }

    @Test
    void notesThatWereBegunAnewAreNotWholeUntilTheImagesAreWritten(@TempDir Path directory)
            throws Exception {
        Path file = directory.resolve("notes");
        StateJournal stateJournal = new StateJournal(Descriptors.lock(file));
        stateJournal.acked("web", new WorkerId(0, 1));
        assertThat(StateJournal.read(Files.readString(file)).whole()).isFalse();
        stateJournal.clear();
        stateJournal.acked("web", new WorkerId(0, 2));
        assertThat(StateJournal.read(Files.readString(file)).whole()).isTrue();
        Descriptors.close(stateJournal.file());
    }

    @Test
    void howAWorkerEndedIsReadAsItWasSeen(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("notes");
        StateJournal stateJournal = new StateJournal(Descriptors.lock(file));
        WorkerExit one = new WorkerExit(0, 0).leaving(3);
        WorkerExit other = new WorkerExit(0, 11, true, 0, true, false);
        stateJournal.ended("job", new WorkerId(0, 1), one);
        stateJournal.ended("job", new WorkerId(1, 2), other);
        WorkerExit third = new WorkerExit(0, 9).outOfSharedMemory();
        stateJournal.ended("job", new WorkerId(2, 3), third);
        stateJournal.ended("web", new WorkerId(0, 1), new WorkerExit(7, 0));
        assertThat(StateJournal.read(Files.readString(file)).ends("job"))
                .isEqualTo(
                        Map.of(
                                new WorkerId(0, 1), one,
                                new WorkerId(1, 2), other,
                                new WorkerId(2, 3), third));
        Descriptors.close(stateJournal.file());
    }
}
