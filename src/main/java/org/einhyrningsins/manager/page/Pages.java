// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import org.einhyrningsins.control.report.Replies;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.jspecify.annotations.Nullable;

/// Which pages there are, and how each is made. Any thread.
public enum Pages {
    STATUS("/", "text/html; charset=utf-8"),
    JSON("/status.json", "application/json"),
    METRICS("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
    OPEN_METRICS("/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8");

    private static final String OPEN_METRICS_TYPE = "application/openmetrics-text";

    private final String path;
    private final String type;

    Pages(String path, String type) {
        this.path = path;
        this.type = type;
    }

    /// The page that is asked for; null if it is none of these.
    public static @Nullable Pages of(Request request) {
        for (Pages page : values()) {
            if (page.path.equals(request.path())) {
                boolean open = request.accept().contains(OPEN_METRICS_TYPE);
                return page == METRICS && open ? OPEN_METRICS : page;
            }
        }
        return null;
    }

    /// Makes it.
    public Page make(Snapshot snapshot) {
        byte[] body =
                switch (this) {
                    case STATUS -> StatusPage.of(snapshot.status());
                    case JSON -> Replies.done(JsonId.NONE, ExitStatus.DONE, "", snapshot.status());
                    case METRICS -> Metrics.text(snapshot, false);
                    case OPEN_METRICS -> Metrics.text(snapshot, true);
                };
        return new Page(200, type, body);
    }
}
