// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.fuzz.Frugal;
import org.einhyrningsins.manager.channel.NotifyMessage;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotDecoder;
import org.einhyrningsins.manager.snapshot.SnapshotException;
import org.einhyrningsins.spec.WorkerId;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;

/// A datagram of a worker: what is understood of it is on one line, and the program that hears it
/// goes on, with no deadline nearer than before and its watchdog within bounds.
public final class NotifyFuzz {
    private static final WorkerId STARTING = new WorkerId(0, 4);
    private static final Duration MIN_DURATION = Duration.ofMillis(1);
    private static final Program PROGRAM = program();

    private NotifyFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        Frugal.run(() -> take(new String(data, StandardCharsets.UTF_8)));
    }

    private static void take(String text) {
        Program program = PROGRAM;
        Moment now = PROGRAM.asOf();
        for (NotifyMessage notifyMessage : NotifyMessage.read(text)) {
            now = now.plus(MIN_DURATION);
            program = heard(program, notifyMessage, now);
        }
    }

    private static Program heard(Program program, NotifyMessage notifyMessage, Moment now) {
        return switch (notifyMessage) {
            case NotifyMessage.Ready() -> step(program, new ProgramEvent.Acked(STARTING), now);
            case NotifyMessage.Alive() -> step(program, new ProgramEvent.Pinged(STARTING), now);
            case NotifyMessage.WatchdogTriggered() ->
                    step(program, new ProgramEvent.WatchdogTriggered(STARTING), now);
            case NotifyMessage.WatchdogIntervalSet(Duration interval) -> {
                Frugal.same(true, interval.isPositive(), interval);
                yield step(program, new ProgramEvent.WatchdogIntervalSet(STARTING, interval), now);
            }
            case NotifyMessage.Extended(Duration time) -> {
                Program after = step(program, new ProgramEvent.Extended(STARTING, time), now);
                Frugal.same(false, deadline(after) < deadline(program), time);
                yield after;
            }
            case NotifyMessage.Status(String words) -> onOneLine(program, words);
            case NotifyMessage.Invalid(String why) ->
                    onOneLine(program, NotifyMessage.onOneLine(why));
        };
    }

    private static Program step(Program program, ProgramEvent programEvent, Moment now) {
        return program.step(programEvent, now).program();
    }

    private static long deadline(Program program) {
        for (Worker worker : program.slots().getFirst().workers()) {
            if (worker.id().equals(STARTING)) {
                return worker.state() instanceof WorkerState.Starting starting
                        ? starting.deadline().nanos()
                        : Long.MAX_VALUE;
            }
        }
        return Long.MAX_VALUE;
    }

    private static Program onOneLine(Program program, String words) {
        Frugal.same(true, words.codePoints().noneMatch(Character::isISOControl), words);
        return program;
    }

    /// With a worker that is starting, and is to give signs of life.
    private static Program program() {
        String name = "/org/einhyrningsins/manager/snapshot/program-format-1.json";
        try (InputStream in = NotifyFuzz.class.getResourceAsStream(name)) {
            byte[] bytes = Objects.requireNonNull(in).readAllBytes();
            String text =
                    new String(bytes, StandardCharsets.UTF_8)
                            .replace("\"bond\":", "\"care\":{\"watchdog\":[30,0]},\"bond\":")
                            .replace(
                                    "{\"is\":\"Settling\",\"until\":16291760134727}",
                                    "{\"is\":\"Starting\",\"deadline\":16301760134727}")
                            .replace(
                                    "{\"is\":\"Timer\",\"after\":[0,200000000]}",
                                    "{\"is\":\"Notify\"}");
            return SnapshotDecoder.read(text, ProgramSnapshot.class).program();
        } catch (IOException | SnapshotException e) {
            throw new IllegalStateException(e);
        }
    }
}
