// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.einhyrningsins.config.Importer.ScriptRunner;
import org.einhyrningsins.config.importer.ImportException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// Runs a file in JavaScript by `node`, in a child with a time limit.
public final class NodeScript implements ScriptRunner {
    private static final long SECONDS = 10;
    private static final int MAX_BYTES = 1 << 20;

    private static final String PROGRAM =
            "import(require('url').pathToFileURL(process.argv[1])).then(m => {"
                    + "const e = m.default === undefined ? m : m.default;"
                    + "require('fs').writeFileSync(process.argv[2],"
                    + " JSON.stringify(e, null, 1));"
                    + "process.exit(0);"
                    + "}).catch(e => { console.error(String(e)); process.exit(1); })";

    @Override
    public String exports(Path file) throws ImportException {
        try {
            Path directory = Files.createTempDirectory("einhyrningsins-import");
            Path json = directory.resolve("exports.json");
            Path said = directory.resolve("errors");
            try {
                return run(file.toAbsolutePath(), json, said);
            } finally {
                Files.deleteIfExists(json);
                Files.deleteIfExists(said);
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            throw refused(file, "node cannot be run (" + e.getMessage() + ")");
        }
    }

    private static String run(Path file, Path json, Path said) throws IOException, ImportException {
        Process node =
                new ProcessBuilder("node", "-e", PROGRAM, file.toString(), json.toString())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(said.toFile())
                        .redirectInput(Path.of("/dev/null").toFile())
                        .start();
        try {
            if (!node.waitFor(SECONDS, TimeUnit.SECONDS)) {
                throw refused(file, "it did not end within " + SECONDS + " s");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw refused(file, "interrupted");
        } finally {
            node.descendants().forEach(ProcessHandle::destroyForcibly);
            node.destroyForcibly();
        }
        if (node.exitValue() != 0) {
            String why = Files.readString(said, StandardCharsets.UTF_8).strip();
            throw refused(file, why.lines().findFirst().orElse("it failed"));
        } else if (Files.size(json) > MAX_BYTES) {
            throw refused(file, "what it exports is larger than 1 MiB");
        }
        return Files.readString(json, StandardCharsets.UTF_8);
    }

    private static ImportException refused(Path file, String why) {
        return ImportException.of(
                file,
                "has to be run by node to be read, and that failed: "
                        + why
                        + "; import what it exports, as JSON");
    }
}
