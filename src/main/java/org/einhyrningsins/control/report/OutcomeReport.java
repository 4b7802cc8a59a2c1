// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import com.fasterxml.jackson.core.JsonGenerator;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.List;

/// Outcome of a command, program by program.
public record OutcomeReport(List<Outcome> programs) implements ReplyData {
    public OutcomeReport {
        programs = List.copyOf(programs);
    }

    /// Outcome for one program.
    ///
    /// @param done whether it is as was asked
    /// @param message in words
    /// @param at time of the answer, as RFC 3339 has it
    /// @param generations null if the program is gone, or never was
    /// @param failure null if no worker is known to be the cause
    public record Outcome(
            String program,
            boolean done,
            String message,
            String at,
            @Nullable Generations generations,
            @Nullable Failure failure,
            long tookMillis) {
        /// The same, with what only who began the command knows.
        ///
        /// @param from null if the program was not there
        public Outcome since(@Nullable Integer from, long millis) {
            Generations known =
                    generations == null ? null : new Generations(from, generations.to());
            return new Outcome(program, done, message, at, known, failure, millis);
        }
    }

    /// Generations of a program that serve before and after a command.
    ///
    /// @param from the generation that served when the command began; null for none, or if it is
    ///   not known
    /// @param to the generation that serves now
    public record Generations(@Nullable Integer from, int to) {}

    /// Failure that decided the outcome of a command.
    ///
    /// @param slot of the worker whose failure decided it
    /// @param exit how it ended; null if it did not, or another has its place
    /// @param lines the last lines of its output; empty for none
    public record Failure(int slot, @Nullable LastExit exit, String lines) {}

    static void write(JsonGenerator json, OutcomeReport report) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("outcomes");
        for (Outcome outcome : report.programs()) {
            write(json, outcome);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Outcome outcome) throws IOException {
        json.writeStartObject();
        json.writeStringField("program", outcome.program());
        json.writeStringField("result", outcome.done() ? "done" : "failed");
        json.writeStringField("message", ReplyWriter.wellFormed(outcome.message()));
        json.writeStringField("at", outcome.at());
        if (outcome.tookMillis() >= 0) {
            json.writeNumberField("took_ms", outcome.tookMillis());
        }
        Generations generations = outcome.generations();
        if (generations != null) {
            if (generations.from() != null) {
                json.writeNumberField("from", generations.from());
            }
            json.writeNumberField("to", generations.to());
        }
        Failure failure = outcome.failure();
        if (failure != null) {
            json.writeNumberField("failed_slot", failure.slot());
            if (failure.exit() != null) {
                json.writeFieldName("exit");
                ReplyWriter.write(json, failure.exit());
            }
            json.writeStringField("lines", ReplyWriter.wellFormed(failure.lines()));
        }
        json.writeEndObject();
    }
}
