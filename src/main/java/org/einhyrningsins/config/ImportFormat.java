// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Whose files can be imported.
public enum ImportFormat {
    SUPERVISORD(
            "^\\[(supervisord|supervisorctl|unix_http_server|inet_http_server"
                    + "|(program|fcgi-program|eventlistener|group|rpcinterface):.*)\\]"),
    CIRCUS("^\\[(circus|(watcher|socket|plugin):.*)\\]"),
    PROCFILE("^[A-Za-z0-9_-]+:\\s*\\S"),
    SYSTEMD("^\\[(Unit|Service|Socket|Install)\\]");

    private final Pattern sign;

    ImportFormat(String sign) {
        this.sign = Pattern.compile(sign, Pattern.MULTILINE);
    }

    /// The format of that name, as `--from` has it; null if there is none.
    public static @Nullable ImportFormat of(String word) {
        for (ImportFormat format : values()) {
            if (Shape.word(format).equals(word)) {
                return format;
            }
        }
        return null;
    }

    /// The names of all.
    public static List<String> words() {
        List<String> words = new ArrayList<>();
        for (ImportFormat format : values()) {
            words.add(Shape.word(format));
        }
        return words;
    }

    /// By the name of a file, else by what is in it; null if neither tells.
    static @Nullable ImportFormat of(Source source) {
        String name = String.valueOf(source.file().getFileName());
        if (name.endsWith(".service") || name.endsWith(".socket")) {
            return SYSTEMD;
        } else if (name.startsWith("Procfile")) {
            return PROCFILE;
        }
        for (ImportFormat format : values()) {
            if (format.sign.matcher(source.text()).find()) {
                return format;
            }
        }
        return null;
    }
}
