// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.wire.IntentJson;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.fuzz.Frugal;
import org.einhyrningsins.manager.snapshot.HandoverImage;
import org.einhyrningsins.manager.snapshot.ImageException;
import org.einhyrningsins.manager.snapshot.ImageReader;
import org.einhyrningsins.manager.snapshot.ImageWriter;
import org.einhyrningsins.manager.snapshot.ManagerImage;
import org.einhyrningsins.manager.snapshot.Notes;
import org.einhyrningsins.manager.snapshot.ProgramImage;

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
            List.of(ManagerImage.class, ProgramImage.class, HandoverImage.class)
                    .forEach(type -> image(text, type));
            intent(data);
        } else {
            notes(text);
        }
    }

    private static <R extends Record> void image(String text, Class<R> type) {
        R image;
        try {
            image = ImageReader.read(text, type);
        } catch (ImageException refused) {
            return;
        }
        use(image);
        String written = new ImageWriter().write(image);
        try {
            R again = ImageReader.read(written, type);
            Frugal.same(image, again, "read again");
            Frugal.same(written, new ImageWriter().write(again), "written again");
        } catch (ImageException e) {
            throw new AssertionError("cannot be read again: " + written, e);
        }
    }

    /// As a manager that starts looks at it.
    private static void use(Record image) {
        switch (image) {
            case ManagerImage manager -> {
                there(manager.boot(), manager.control(), manager.settings(), manager.log());
                there(manager.programs().toArray());
                there(manager.descriptor("control"));
            }
            case ProgramImage program -> {
                Moment due = program.program().earliestDeadline();
                there(due == null ? Optional.empty() : due);
                program.workers().forEach(worker -> there(program.program().has(worker.id())));
                program.doors().forEach(door -> there(door.guests().toArray()));
                there(program.tally().values().toArray());
            }
            case HandoverImage all -> {
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
            IntentJson.Content content = IntentJson.read(data);
            content.programs().values().forEach(intent -> there(intent.words(1)));
            Frugal.same(content, IntentJson.read(IntentJson.write(content)), "read again");
        } catch (IOException refused) {
            // said by its message
        }
    }

    private static void notes(String text) {
        Notes.Read read = Notes.read(text);
        StringBuilder again = new StringBuilder();
        for (Notes.Birth b : read.births()) {
            again.append("born ").append(b.program()).append(' ').append(b.id().slot());
            again.append(' ').append(b.id().incarnation()).append(' ').append(b.generation());
            again.append(' ').append(b.ticks()).append(' ').append(b.pid()).append('\n');
        }
        for (Notes.Ack ack : read.acks()) {
            again.append("acked ").append(ack.program()).append(' ').append(ack.id().slot());
            again.append(' ').append(ack.id().incarnation()).append('\n');
        }
        Frugal.same(read, Notes.read(again.toString()), "read again");
    }
}
