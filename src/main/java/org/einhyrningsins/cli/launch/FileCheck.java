// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import org.einhyrningsins.cli.terminal.Output;
import org.einhyrningsins.config.print.Printer;
import org.einhyrningsins.config.read.Loaded;
import org.einhyrningsins.config.read.Loader;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.manager.Machine;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// `check` and `print`: what a file means, without running it.
public final class FileCheck {
    private final Output out;
    private final Output err;

    public FileCheck(Output out, Output err) {
        this.out = out;
        this.err = err;
    }

    /// Says whether a file is valid: on stdout how much is in it, on stderr every problem.
    ///
    /// @param json everything on stdout, as one JSON object
    /// @param strict whether warnings make the exit status that of an invalid file
    public int check(Path file, boolean json, boolean strict) {
        return switch (Loader.load(file, Machine.surroundings())) {
            case Loaded.Valid(ServicesSpec services, List<Problem> warnings) -> {
                boolean stuck = cannotStart(services);
                tell(json, !stuck, warnings, List.of());
                if (!json) {
                    out.print(file + ": " + contents(services) + ", " + problems(warnings));
                }
                boolean refused = stuck || (strict && !warnings.isEmpty());
                yield refused ? ExitStatus.INVALID.code() : ExitStatus.DONE.code();
            }
            case Loaded.Invalid(List<Problem> problems, List<Problem> warnings, _, _) -> {
                tell(json, false, warnings, problems);
                yield ExitStatus.INVALID.code();
            }
        };
    }

    /// Shows what it means: the file it could be, with every default filled in.
    ///
    /// @param origins whether each key tells where it was given
    public int print(Path file, boolean origins) {
        Map<String, String> places = new HashMap<>();
        return switch (Loader.load(file, Machine.surroundings(), places)) {
            case Loaded.Valid(ServicesSpec services, List<Problem> warnings) -> {
                tell(false, true, warnings, List.of());
                out.print(Printer.print(services, origins ? places : Map.of()));
                yield ExitStatus.DONE.code();
            }
            case Loaded.Invalid(List<Problem> problems, List<Problem> warnings, _, _) -> {
                tell(false, false, warnings, problems);
                yield ExitStatus.INVALID.code();
            }
        };
    }

    /// Whether a start would start all programs but some.
    private static boolean cannotStart(ServicesSpec services) {
        for (ProgramSpec program : services.programs().values()) {
            if (program.obstacle() != null) {
                return true;
            }
        }
        return false;
    }

    private void tell(boolean json, boolean valid, List<Problem> warnings, List<Problem> problems) {
        if (json) {
            out.print(json(valid, warnings, problems));
            return;
        }
        for (Problem warning : warnings) {
            err.print("warning: " + warning.render());
        }
        for (Problem problem : problems) {
            err.print(problem.render());
        }
    }

    private static String contents(ServicesSpec services) {
        int sockets = 0;
        for (ProgramSpec program : services.programs().values()) {
            sockets += program.sockets().size();
        }
        return count(services.programs().size(), "program") + ", " + count(sockets, "socket");
    }

    private static String problems(List<Problem> warnings) {
        return warnings.isEmpty() ? "no problems" : count(warnings.size(), "warning");
    }

    static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    private static String json(boolean valid, List<Problem> warnings, List<Problem> problems) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            json.writeBooleanField("valid", valid);
            write(json, "problems", problems);
            write(json, "warnings", warnings);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot happen: writing to memory", e);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void write(JsonGenerator json, String name, List<Problem> problems)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (Problem problem : problems) {
            json.writeStartObject();
            json.writeStringField("file", problem.file().toString());
            json.writeNumberField("line", problem.line());
            json.writeNumberField("column", problem.column());
            json.writeStringField("path", problem.path());
            json.writeStringField("message", problem.message());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
