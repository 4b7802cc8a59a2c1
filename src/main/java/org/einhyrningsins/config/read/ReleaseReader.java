// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.check.ExecutableLookup;
import org.einhyrningsins.config.check.ReleaseLookup;
import org.einhyrningsins.config.source.ConfigPaths;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.TextTemplate;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Reads which link names the release of a program, and looks the release up: see [Release].
final class ReleaseReader {
    private final Path base;
    private final LoadEnvironment loadEnvironment;
    private final ReleaseLookup releaseLookup;

    /// @param base the directory where relative paths begin, absolute
    ReleaseReader(Path base, LoadEnvironment loadEnvironment) {
        this.base = base;
        this.loadEnvironment = loadEnvironment;
        this.releaseLookup = new ReleaseLookup(new ExecutableLookup(loadEnvironment.environment()));
    }

    /// Returns the release as far as it is known before the variables are read, which may be in
    /// files of the release; null for none.
    @Nullable Release read(ConfigFields program, Path directory, List<TextTemplate> command) {
        return releaseLookup.of(link(program), directory, command);
    }

    /// Reads the link that names the release; null if it is to be worked out.
    private @Nullable Path link(ConfigFields program) {
        String text =
                program.path(
                        "release",
                        "the path of the link to the release",
                        loadEnvironment.environment());
        Path link = text == null ? null : ConfigPaths.of(base, text);
        if (link != null && !Files.isSymbolicLink(link)) {
            program.warn(
                    "release",
                    Files.exists(link)
                            ? link + " is no symbolic link, so it names the same release for ever"
                            : "there is no " + link + " yet");
        }
        return link;
    }

    /// Returns the definition with the whole of its release. Reports what needs one where there is
    /// none.
    ProgramSpec complete(ConfigFields program, ProgramSpec spec) {
        ProgramSpec complete = spec.withRelease(releaseLookup.withProgram(spec));
        String key = complete.release() == null ? needing(complete) : null;
        if (key != null && !program.has("release")) { // else what it names was no path
            program.report(
                    key,
                    "there is no release: no path of the program leads through a symbolic link;"
                            + " name the link, as in release: /srv/web/current");
        }
        String notKept = ReleaseLookup.notKept(complete);
        if (notKept != null) {
            program.warn("command", notKept);
        }
        return complete;
    }

    /// The key that holds `${release}`; null for none.
    private static @Nullable String needing(ProgramSpec spec) {
        if (spec.command().stream().anyMatch(TextTemplate::needsRelease)) {
            return "command";
        }
        if (spec.env().values().stream().anyMatch(TextTemplate::needsRelease)) {
            return "env";
        }
        HealthSpec health = spec.monitoring().health();
        if (health != null && isOfRelease(health.target())) {
            return "health";
        }
        return spec.ack().mode() instanceof AckSpec.Probe probe && isOfRelease(probe.target())
                ? "ack"
                : null;
    }

    private static boolean isOfRelease(AckSpec.Target target) {
        return target instanceof AckSpec.ExecTarget exec
                && exec.command().stream().anyMatch(TextTemplate::needsRelease);
    }
}
