// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// File formats of other managers that can be imported.
public enum ImportFormat {
    SUPERVISORD(
            "",
            "^\\[(supervisord|supervisorctl|unix_http_server|inet_http_server"
                    + "|(program|fcgi-program|eventlistener|group|rpcinterface):.*)\\]"),
    CIRCUS("", "^\\[(circus|(watcher|socket|plugin):.*)\\]"),
    PROCFILE("Procfile.*|.*[.][Pp]rocfile", "^[A-Za-z0-9_-]+:\\s*\\S"),
    SYSTEMD(".+[.](" + ImportFormat.UNIT_KINDS + ")", "^\\[(Unit|Service|Socket|Timer|Install)\\]"),
    PROCESS_COMPOSE("process-compose.*[.]ya?ml", "^(processes|\\s*\"processes\")\\s*:"),
    COMPOSE("(docker-)?compose.*[.]ya?ml", "^(services|\\s*\\{?\\s*\"services\")\\s*:"),
    PM2(
            "(ecosystem|pm2)[^/]*[.](json|ya?ml|[cm]?js)",
            "(^|[{,\\s])(apps|\"apps\")\\s*:\\s*([\\[{]|$)|^\\s*\"script\"\\s*:");

    /// Kinds of units.
    public static final String UNIT_KINDS =
            "service|socket|timer|target|path|mount|automount|swap|slice|scope|device";

    /// Files that are known, so that they are not taken for something else.
    ///
    /// @param signs all of them are in it
    private record Stranger(String name, String instead, List<String> signs) {
        boolean matches(String text) {
            return signs.stream()
                    .allMatch(s -> Pattern.compile(s, Pattern.MULTILINE).matcher(text).find());
        }
    }

    private static final List<Stranger> STRANGERS =
            List.of(
                    new Stranger(
                            "a manifest of Kubernetes",
                            "that is not read; write the command of its containers into a file of"
                                    + " ours, as 'einhyrningsins init' makes one",
                            List.of("^\\s*\"?apiVersion\"?\\s*:", "^\\s*\"?kind\"?\\s*:")),
                    new Stranger(
                            "a file of our own", "it is run with -c", List.of("^programs\\s*:")),
                    new Stranger(
                            "a Dockerfile",
                            "that is not read; its CMD is what command takes",
                            List.of("^FROM\\s+\\S", "^(RUN|CMD|COPY|ENTRYPOINT)\\s")),
                    new Stranger(
                            "an init script", "that is not read", List.of("^### BEGIN INIT INFO")),
                    new Stranger("a job of launchd", "that is not read", List.of("<plist")),
                    new Stranger("a job of Nomad", "that is not read", List.of("^job \"")));

    private final String names;
    private final Pattern sign;

    /// @param names of files that are so; empty for none
    /// @param sign in the text
    ImportFormat(String names, String sign) {
        this.names = names;
        this.sign = Pattern.compile(sign, Pattern.MULTILINE);
    }

    /// Describes a file of a known format that is not read; null if it is none of those.
    public static @Nullable String unsupported(SourceText sourceText) {
        for (Stranger stranger : STRANGERS) {
            if (stranger.matches(sourceText.text())) {
                return stranger.name() + "; " + stranger.instead();
            }
        }
        return null;
    }

    /// True if it is of a manager whose files have sections.
    public static boolean hasSections(SourceText sourceText) {
        return List.of(SUPERVISORD, CIRCUS, SYSTEMD).stream()
                .anyMatch(format -> format.sign.matcher(sourceText.text()).find());
    }

    /// The format of that name, as `--from` has it; null if there is none.
    public static @Nullable ImportFormat of(String word) {
        for (ImportFormat format : values()) {
            if (ConfigShape.word(format).equals(word)) {
                return format;
            }
        }
        return null;
    }

    /// The names of all.
    public static List<String> words() {
        List<String> words = new ArrayList<>();
        for (ImportFormat format : values()) {
            words.add(ConfigShape.word(format));
        }
        return words;
    }

    /// Returns the format by a file's name; null if that does not tell.
    public static @Nullable ImportFormat byName(SourceText sourceText) {
        String name = String.valueOf(sourceText.file().getFileName());
        // what is called compose.yaml may be a file of process-compose
        boolean isOther = byContents(sourceText) == PROCESS_COMPOSE;
        for (ImportFormat format : values()) {
            if (name.matches(format.names)) {
                return format == COMPOSE && isOther ? PROCESS_COMPOSE : format;
            }
        }
        return null;
    }

    /// Returns the format by a file's content; null if that does not tell.
    public static @Nullable ImportFormat byContents(SourceText sourceText) {
        boolean isTree =
                String.valueOf(sourceText.file().getFileName())
                        .matches(".*[.](ya?ml|json|[cm]?js)");
        List<ImportFormat> formats =
                isTree
                        ? List.of(PROCESS_COMPOSE, COMPOSE, PM2)
                        : List.of(PROCESS_COMPOSE, COMPOSE, SUPERVISORD, CIRCUS, SYSTEMD, PROCFILE);
        for (ImportFormat format : formats) {
            if (format.sign.matcher(sourceText.text()).find()) {
                return format;
            }
        }
        return null;
    }
}
