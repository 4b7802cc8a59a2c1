// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.wire.OverridesJson;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.fuzz.Frugal;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.ReexecSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotDecoder;
import org.einhyrningsins.manager.snapshot.SnapshotEncoder;
import org.einhyrningsins.manager.snapshot.SnapshotException;
import org.einhyrningsins.manager.snapshot.StateJournal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// A file of the state directory, or what a manager hands on: each reader takes it or says why not.
/// What is taken has no holes where the next manager would fall in, and can be written and read to
/// the same.
public final class StateFuzz {
    private StateFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        Frugal.run(() -> take(data));
    }

    private static void take(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        if (text.startsWith("{")) {
            List.of(ManagerSnapshot.class, ProgramSnapshot.class, ReexecSnapshot.class)
                    .forEach(type -> image(text, type));
            intent(data);
        } else {
            notes(text);
        }
    }

    private static <R extends Record> void image(String text, Class<R> type) {
        R image;
        try {
            image = SnapshotDecoder.read(text, type);
        } catch (SnapshotException refused) {
            return;
        }
        use(image);
        String written = new SnapshotEncoder().write(image);
        try {
            R again = SnapshotDecoder.read(written, type);
            Frugal.same(image, again, "read again");
            Frugal.same(written, new SnapshotEncoder().write(again), "written again");
        } catch (SnapshotException e) {
            throw new AssertionError("cannot be read again: " + written, e);
        }
    }

    /// As a manager that starts looks at it.
    private static void use(Record image) {
        switch (image) {
            case ManagerSnapshot manager -> {
                there(
                        manager.boot(),
                        manager.configuration().control(),
                        manager.settings(),
                        manager.configuration().log());
                there(manager.programs().toArray());
                there(manager.descriptor("control"));
            }
            case ProgramSnapshot program -> {
                Moment due = program.program().earliestDeadline();
                there(due == null ? Optional.empty() : due);
                program.workers().forEach(worker -> there(program.program().has(worker.id())));
                program.workerSockets().forEach(door -> there(door.clients().toArray()));
                there(program.counters().values().toArray());
            }
            case ReexecSnapshot all -> {
                there(all.descriptors().toArray());
                there(all.openFiles());
                use(all.manager());
                all.programs().forEach(StateFuzz::use);
            }
            default -> throw new AssertionError(image);
        }
    }

    private static void there(Object... parts) {
        for (Object part : parts) {
            Objects.requireNonNull(part);
        }
    }

    private static void intent(byte[] data) {
        try {
            OverridesJson.Content content = OverridesJson.read(data);
            content.programs()
                    .values()
                    .forEach(operatorOverride -> there(operatorOverride.words(1)));
            Frugal.same(content, OverridesJson.read(OverridesJson.write(content)), "read again");
        } catch (IOException refused) {
            // said by its message
        }
    }

    private static void notes(String text) {
        StateJournal.Read read = StateJournal.read(text);
        StringBuilder again = new StringBuilder();
        for (StateJournal.SpawnNote b : read.spawns()) {
            again.append("born ").append(b.program()).append(' ').append(b.id().slot());
            again.append(' ').append(b.id().incarnation()).append(' ').append(b.generation());
            again.append(' ').append(b.ticks()).append(' ').append(b.pid()).append('\n');
        }
        for (StateJournal.Ack ack : read.acks()) {
            again.append("acked ").append(ack.program()).append(' ').append(ack.id().slot());
            again.append(' ').append(ack.id().incarnation()).append('\n');
        }
        Frugal.same(read, StateJournal.read(again.toString()), "read again");
    }
}
