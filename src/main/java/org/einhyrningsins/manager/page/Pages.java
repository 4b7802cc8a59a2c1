// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.jspecify.annotations.Nullable;

/// Pages that exist, and their renderers. Any thread.
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
    public static @Nullable Pages of(HttpRequest httpRequest) {
        for (Pages page : values()) {
            if (page.path.equals(httpRequest.path())) {
                boolean open = httpRequest.accept().contains(OPEN_METRICS_TYPE);
                return page == METRICS && open ? OPEN_METRICS : page;
            }
        }
        return null;
    }

    /// Makes it.
    public RenderedPage make(PageData pageData) {
        byte[] body =
                switch (this) {
                    case STATUS -> StatusPage.of(pageData.status());
                    case JSON ->
                            ReplyWriter.done(JsonId.NONE, ExitStatus.DONE, "", pageData.status());
                    case METRICS -> PrometheusMetrics.text(pageData, false);
                    case OPEN_METRICS -> PrometheusMetrics.text(pageData, true);
                };
        return new RenderedPage(200, type, body);
    }
}
