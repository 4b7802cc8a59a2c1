// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.config.print.ConfigPrinter;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.manager.HostFacts;
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
    private final TextOutput out;
    private final TextOutput err;

    public FileCheck(TextOutput out, TextOutput err) {
        this.out = out;
        this.err = err;
    }

    /// Says whether a file is valid: on stdout how much is in it, on stderr every problem.
    ///
    /// @param json everything on stdout, as one JSON object
    /// @param strict whether warnings make the exit status that of an invalid file
    public int check(Path file, boolean json, boolean strict) {
        return switch (ConfigLoader.load(file, HostFacts.surroundings())) {
            case LoadResult.Valid(ServicesSpec services, List<ConfigProblem> warnings) -> {
                boolean stuck = cannotStart(services);
                print(json, !stuck, warnings, List.of());
                if (!json) {
                    out.print(file + ": " + contents(services) + ", " + problems(warnings));
                }
                boolean refused = stuck || (strict && !warnings.isEmpty());
                yield refused ? ExitStatus.INVALID.code() : ExitStatus.DONE.code();
            }
            case LoadResult.Invalid(
                            List<ConfigProblem> problems,
                            List<ConfigProblem> warnings,
                            _,
                            _) -> {
                print(json, false, warnings, problems);
                yield ExitStatus.INVALID.code();
            }
        };
    }

    /// Shows what it means: the file it could be, with every default filled in.
    ///
    /// @param origins whether each key tells where it was given
    public int print(Path file, boolean origins) {
        Map<String, String> places = new HashMap<>();
        return switch (ConfigLoader.load(file, HostFacts.surroundings(), places)) {
            case LoadResult.Valid(ServicesSpec services, List<ConfigProblem> warnings) -> {
                print(false, true, warnings, List.of());
                out.print(ConfigPrinter.print(services, origins ? places : Map.of()));
                yield ExitStatus.DONE.code();
            }
            case LoadResult.Invalid(
                            List<ConfigProblem> problems,
                            List<ConfigProblem> warnings,
                            _,
                            _) -> {
                print(false, false, warnings, problems);
                yield ExitStatus.INVALID.code();
            }
        };
    }

    /// True if a start would start only some of the programs.
    private static boolean cannotStart(ServicesSpec services) {
        for (ProgramSpec program : services.programs().values()) {
            if (program.obstacle() != null) {
                return true;
            }
        }
        return false;
    }

    private void print(
            boolean json,
            boolean valid,
            List<ConfigProblem> warnings,
            List<ConfigProblem> problems) {
        if (json) {
            out.print(json(valid, warnings, problems));
            return;
        }
        for (ConfigProblem warning : warnings) {
            err.print("warning: " + warning.render());
        }
        for (ConfigProblem configProblem : problems) {
            err.print(configProblem.render());
        }
    }

    private static String contents(ServicesSpec services) {
        int programs = 0;
        int sockets = 0;
        for (ProgramSpec program : services.programs().values()) {
            programs += program.isTask() ? 0 : 1;
            sockets += program.sockets().size();
        }
        return count(programs, "program") + ", " + count(sockets, "socket");
    }

    private static String problems(List<ConfigProblem> warnings) {
        return warnings.isEmpty() ? "no problems" : count(warnings.size(), "warning");
    }

    static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    private static String json(
            boolean valid, List<ConfigProblem> warnings, List<ConfigProblem> problems) {
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

    private static void write(JsonGenerator json, String name, List<ConfigProblem> problems)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (ConfigProblem configProblem : problems) {
            json.writeStartObject();
            json.writeStringField("file", configProblem.file().toString());
            json.writeNumberField("line", configProblem.line());
            json.writeNumberField("column", configProblem.column());
            json.writeStringField("path", configProblem.path());
            json.writeStringField("message", configProblem.message());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
