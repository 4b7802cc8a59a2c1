// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

final class NotesTest {
    private static final String BORN = "born web 1 7 3 12345 4711\0\0\0\0\0\n";

    @Test
    void aTornLineIsNoNote() {
        Notes.Read read = Notes.read(BORN + "acked web 1 7\nborn web 2 8 3 12346 47");
        assertThat(read.births())
                .first()
                .isEqualTo(new Notes.Birth("web", new WorkerId(1, 7), 3, 12_345, 4_711));
        assertThat(read.acks()).containsExactly(new Notes.Ack("web", new WorkerId(1, 7)));
        for (int length = 0; length < BORN.length() - 8; length++) {
            assertThat(Notes.read(BORN.substring(0, length)).births()).hasSizeLessThan(2);
        }
        assertThat(Notes.read("\0\n \nborn\nborn a b c d e f\nacked x y z\n").births()).isEmpty();
    }

    @Test
    void anAckIsThereUntilTheImagesHaveIt(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("notes");
        Notes notes = new Notes(Descriptors.lock(file));
        notes.acked("web", new WorkerId(0, 1));
        assertThat(Files.readString(file)).isEqualTo("acked web 0 1\n");
        notes.clear();
        assertThat(Notes.read(Files.readString(file)).acks()).isEmpty();
        Descriptors.close(notes.file());
    }

    @Test
    void notesThatWereBegunAnewAreNotWholeUntilTheImagesAreWritten(@TempDir Path directory)
            throws Exception {
        Path file = directory.resolve("notes");
        Notes notes = new Notes(Descriptors.lock(file));
        notes.acked("web", new WorkerId(0, 1));
        assertThat(Notes.read(Files.readString(file)).whole()).isFalse();
        notes.clear();
        notes.acked("web", new WorkerId(0, 2));
        assertThat(Notes.read(Files.readString(file)).whole()).isTrue();
        Descriptors.close(notes.file());
    }

    @Test
    void howAWorkerEndedIsReadAsItWasSeen(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("notes");
        Notes notes = new Notes(Descriptors.lock(file));
        Exit one = new Exit(0, 0).leaving(3);
        Exit other = new Exit(0, 11, true, 0, true, false);
        notes.ended("job", new WorkerId(0, 1), one);
        notes.ended("job", new WorkerId(1, 2), other);
        Exit third = new Exit(0, 9).outOfSharedMemory();
        notes.ended("job", new WorkerId(2, 3), third);
        notes.ended("web", new WorkerId(0, 1), new Exit(7, 0));
        assertThat(Notes.read(Files.readString(file)).ends("job"))
                .isEqualTo(
                        Map.of(
                                new WorkerId(0, 1), one,
                                new WorkerId(1, 2), other,
                                new WorkerId(2, 3), third));
        Descriptors.close(notes.file());
    }
}
