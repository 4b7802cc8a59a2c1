// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.check;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.TextTemplate.Part;
import org.einhyrningsins.spec.TextTemplate.Text;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Looks for the file of a command where a worker will look for it, to tell early what is missing.
public final class ExecutableLookup {
    /// PATH of workers whose environment has none.
    private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    private final Map<String, String> inherited;

    /// Cache by PATH and name, for a thousand programs of one server.
    private final Map<String, String> sought = new HashMap<>();

    /// Looks in the PATH that a worker has.
    ///
    /// @param inherited the environment of a worker without the program's own variables
    public ExecutableLookup(Map<String, String> inherited) {
        this.inherited = inherited;
    }

    /// Describes what is wrong with it; null if nothing is. A name that depends on the worker is
    /// not looked for.
    ///
    /// @param directory the worker's working directory
    /// @param env the program's own variables
    /// @param dropped inherited variables that it does not get
    public @Nullable String objection(
            TextTemplate command,
            Path directory,
            Map<String, TextTemplate> env,
            List<String> dropped) {
        String name = constant(command);
        if (name == null || name.isEmpty()) {
            return null;
        } else if (name.indexOf('/') >= 0) {
            return objection(directory.resolve(name));
        }
        String path = path(env, dropped);
        if (path == null) {
            return null;
        }
        String key = path + '\0' + name;
        String answer = sought.get(key);
        if (answer == null) {
            answer = sought(name, path, directory);
            sought.put(key, answer);
        }
        return answer.isEmpty() ? null : answer;
    }

    /// Returns its path; null if that is unknown, or it does not exist.
    public @Nullable Path found(
            TextTemplate command,
            Path directory,
            Map<String, TextTemplate> env,
            List<String> dropped) {
        String name = constant(command);
        String path = name == null || name.isEmpty() ? null : path(env, dropped);
        if (name == null || path == null) {
            return null;
        }
        for (String part : name.indexOf('/') >= 0 ? List.of("") : List.of(path.split(":", -1))) {
            Path file = directory.resolve(part).resolve(name);
            if (objection(file) == null) {
                return file;
            }
        }
        return null;
    }

    private static @Nullable String constant(TextTemplate textTemplate) {
        List<Part> parts = textTemplate.parts();
        return parts.size() == 1 && parts.getFirst() instanceof Text text ? text.text() : null;
    }

    /// Returns the worker's PATH; null if it depends on the worker.
    private @Nullable String path(Map<String, TextTemplate> env, List<String> dropped) {
        TextTemplate own = env.get("PATH");
        if (own != null) {
            return constant(own);
        }
        return dropped.contains("PATH")
                ? DEFAULT_PATH
                : inherited.getOrDefault("PATH", DEFAULT_PATH);
    }

    private static @Nullable String objection(Path file) {
        if (!Files.exists(file)) {
            return "there is no " + file + " yet";
        } else if (Files.isDirectory(file)) {
            return file + " is a directory, not a program";
        }
        return Files.isExecutable(file) ? null : file + " is not executable; see chmod(1)";
    }

    /// Empty if all is well. As execvp(3) does, a file that cannot be executed is passed over.
    private static String sought(String name, String path, Path directory) {
        for (String part : path.split(":", -1)) {
            if (objection(directory.resolve(part).resolve(name)) == null) {
                return "";
            }
        }
        return "there is no program "
                + TextUtil.quoted(name)
                + " in PATH yet: "
                + TextUtil.line(path);
    }
}
