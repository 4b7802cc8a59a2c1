// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.check;

import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.TextTemplate.Text;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Looks up the release of a program: what the symbolic links in its paths point at now.
///
/// The link is the one that the configuration names, else the last one in the path of the
/// directory, of the program's file, or of the first file among its arguments. Links that belong to
/// the system, as those in `/usr/bin` and `/etc`, name no release: its package manager moves them,
/// and removes what they pointed at.
public final class ReleaseLookup {
    private static final List<Path> OF_THE_SYSTEM =
            List.of(
                    Path.of("/usr"),
                    Path.of("/bin"),
                    Path.of("/sbin"),
                    Path.of("/lib"),
                    Path.of("/lib32"),
                    Path.of("/lib64"),
                    Path.of("/etc"));
    private static final Path LOCAL = Path.of("/usr/local");
    private static final Path ROOT = Path.of("/");
    private static final Path VAR = Path.of("/var");

    private final ExecutableLookup executableLookup;

    /// Looks for programs as that does.
    public ReleaseLookup(ExecutableLookup executableLookup) {
        this.executableLookup = executableLookup;
    }

    /// Returns the definition with the release that its links point at now.
    ///
    /// @param spec a definition; of its release only the link counts
    public ProgramSpec renewed(ProgramSpec spec) {
        Release before = spec.release();
        Path link = before == null ? null : before.link();
        Release now = of(link, spec.directory(), spec.command());
        return spec.withRelease(withProgram(spec.withRelease(now)));
    }

    /// Returns the release without its program's file; null if no link leads to one. One that is
    /// named and missing is at the link itself, until that is there and the definition is read
    /// again.
    ///
    /// @param named the link that the configuration names; null to work it out
    /// @param directory the working directory as the configuration writes it, absolute
    public @Nullable Release of(@Nullable Path named, Path directory, List<TextTemplate> command) {
        Path link = named == null ? link(directory, command) : named;
        Release release = link == null ? null : at(link, directory, null);
        return release == null && named != null
                ? new Release(named, named, directory, null)
                : release;
    }

    private static @Nullable Path link(Path directory, List<TextTemplate> command) {
        Path link = lastLink(directory);
        for (int i = 0; i < command.size() && link == null; i++) {
            String word = constant(command.get(i));
            if (i == 0 && word.indexOf('/') >= 0) {
                link = linkTo(directory.resolve(word));
            } else if (i > 0 && isFile(word)) {
                link = lastLink(Path.of(word));
            }
        }
        return link;
    }

    /// Returns the last link on the way to a program's file, or that the file is.
    private static @Nullable Path linkTo(Path file) {
        return lastLink(isKeptByName(file) ? file.getParent() : file);
    }

    private static boolean isFile(String word) {
        return word.startsWith("/") && Files.isRegularFile(Path.of(word));
    }

    private static @Nullable Release at(Path link, Path directory, @Nullable Path program) {
        try {
            Path path = link.toRealPath();
            Path place =
                    directory.startsWith(link)
                            ? path.resolve(link.relativize(directory))
                            : directory;
            return new Release(link, path, real(place), program);
        } catch (IOException e) {
            return null; // it is missing, and whoever needs it says so
        }
    }

    /// Returns the release with its program's file, where that is behind a link; null for none.
    ///
    /// @param spec a definition with the release found so far
    public @Nullable Release withProgram(ProgramSpec spec) {
        Release release = spec.release();
        Map<String, TextTemplate> env = new LinkedHashMap<>(spec.env());
        env.replaceAll((name, value) -> Release.apply(release, value));
        TextTemplate command = Release.apply(release, spec.command().getFirst());
        Path directory = spec.workingDirectory();
        Path file = executableLookup.found(command, directory, env, spec.dropEnv());
        if (file == null || file.getParent() == null || isOfSystem(file.getParent())) {
            return release;
        }
        Path program = pinned(file);
        if (program.equals(file.normalize())) {
            return release;
        }
        if (release != null) {
            return new Release(release.link(), release.path(), release.directory(), program);
        }
        Path link = linkTo(file);
        return link == null ? null : at(link, spec.directory(), program);
    }

    /// Returns the file without links in its directory, and without being a link itself, unless its
    /// name matters.
    private static Path pinned(Path file) {
        try {
            Path parent = file.toAbsolutePath().getParent();
            Path inPlace = parent == null ? file : parent.toRealPath().resolve(file.getFileName());
            return isKeptByName(inPlace) ? inPlace : inPlace.toRealPath();
        } catch (IOException e) {
            return file;
        }
    }

    /// True if a program is to be started by the name of a link to it: a script under another name,
    /// since scripts look at theirs; or a file of the system's, as Python is in a virtual
    /// environment.
    private static boolean isKeptByName(Path file) {
        try {
            if (!Files.isSymbolicLink(file)) {
                return false;
            }
            Path target = file.toRealPath();
            Path parent = target.getParent();
            boolean same = Objects.equals(file.getFileName(), target.getFileName());
            return (parent != null && isOfSystem(parent)) || (!same && isScript(target));
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isScript(Path file) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            return content.read() == '#' && content.read() == '!';
        }
    }

    /// Returns the last link on a path, as far as it is written there; null for none, or for one of
    /// the system's.
    ///
    /// @param path absolute
    static @Nullable Path lastLink(@Nullable Path path) {
        Path last = null;
        Path prefix = ROOT;
        for (Path part : path == null ? ROOT : path) {
            if (part.toString().equals(".")) {
                continue;
            }
            if (Files.isSymbolicLink(prefix.resolve(part)) && !isOfSystem(prefix)) {
                last = prefix.resolve(part);
            }
            prefix = prefix.resolve(part);
        }
        return last;
    }

    /// Describes a word of a command that leads through a link which every worker follows anew;
    /// null if there is none.
    ///
    /// @param spec a definition with its release
    public static @Nullable String notKept(ProgramSpec spec) {
        for (int i = 1; i < spec.command().size(); i++) {
            String word = constant(Release.apply(spec.release(), spec.command().get(i)));
            String path = word.substring(word.startsWith("-") ? word.indexOf('=') + 1 : 0);
            if (path.indexOf('/') <= 0) {
                continue; // an absolute one is kept where it leads through the release's link
            }
            Path link = lastLink(spec.workingDirectory().resolve(path));
            if (link != null) {
                return path
                        + " leads through the link "
                        + link
                        + ", which each new worker follows anew, also one of an old release; write"
                        + " release: "
                        + link
                        + " and the whole path, or ${release}/…";
            }
        }
        return null;
    }

    private static boolean isOfSystem(Path directory) {
        if (directory.equals(ROOT) || directory.equals(VAR)) {
            return true;
        }
        for (Path system : OF_THE_SYSTEM) {
            if (directory.startsWith(system)) {
                return !directory.startsWith(LOCAL);
            }
        }
        return false;
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }

    private static String constant(TextTemplate template) {
        return template.parts().size() == 1 && template.parts().getFirst() instanceof Text text
                ? text.text()
                : "";
    }
}
