// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.StopSpec.Step;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Stop sequences of well-known servers, by their names: `stop: nginx`. First comes the signal that
/// each documents as graceful, with more than the time that it gives its own requests by default;
/// then, where there is one, the signal that it documents as quick, so that it can still clean up;
/// KILL is last. The manual, einhyrningsins.yaml(5), has the same table with its sources.
public enum StopPreset {
    APACHE(Signal.WINCH, 30, Signal.TERM),
    CADDY(Signal.TERM, 30, Signal.QUIT),
    DOTNET(Signal.TERM, 35, null),
    EINHORN(Signal.USR2, 30, Signal.TERM),
    GO(Signal.TERM, 30, null),
    GUNICORN(Signal.TERM, 35, Signal.QUIT),
    HAPROXY(Signal.USR1, 30, Signal.TERM),
    HYPERCORN(Signal.TERM, 30, null),
    JVM(Signal.TERM, 30, null),
    NGINX(Signal.QUIT, 30, Signal.TERM),
    NODE(Signal.TERM, 30, null),
    PHP_FPM(Signal.QUIT, 30, Signal.TERM),
    PUMA(Signal.TERM, 30, null),
    THIN(Signal.QUIT, 35, Signal.TERM),
    UNICORN(Signal.QUIT, 65, Signal.TERM),
    UVICORN(Signal.TERM, 30, Signal.INT);

    /// For a server that has been told twice and only has to clean up.
    private static final Duration QUICK = Duration.ofSeconds(5);

    private final Signal graceful;
    private final int seconds;
    private final @Nullable Signal quick;

    StopPreset(Signal graceful, int seconds, @Nullable Signal quick) {
        this.graceful = graceful;
        this.seconds = seconds;
        this.quick = quick;
    }

    /// The preset of that name; null if there is none.
    public static @Nullable StopPreset of(String name) {
        for (StopPreset preset : values()) {
            if (ConfigShape.word(preset).equals(name)) {
                return preset;
            }
        }
        return null;
    }

    public static List<String> names() {
        List<String> names = new ArrayList<>();
        for (StopPreset preset : values()) {
            names.add(ConfigShape.word(preset));
        }
        return names;
    }

    /// Returns the steps by which such a server is stopped.
    ///
    /// @param patience with the graceful signal; null for the preset's own
    public StopSpec stop(@Nullable Duration patience) {
        List<Step> steps = new ArrayList<>();
        Duration usual = Duration.ofSeconds(seconds);
        steps.add(new Step(graceful, patience == null ? usual : patience));
        if (quick != null) {
            steps.add(new Step(quick, QUICK));
        }
        steps.add(new Step(Signal.KILL, Duration.ZERO));
        return new StopSpec(steps);
    }
}
