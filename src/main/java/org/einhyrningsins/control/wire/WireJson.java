// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;

/// The manager's JSON: bounded, and without the caches that pay off only for big documents.
public final class WireJson {
    /// The longest line a client may send, without its newline.
    static final int LINE_BOUND = 64 * 1024;

    private static final int DEPTH_BOUND = 16;
    private static final int NUMBER_BOUND = 64;

    public static final JsonFactory JSON =
            new JsonFactoryBuilder()
                    .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(DEPTH_BOUND)
                                    .maxStringLength(LINE_BOUND)
                                    .maxNameLength(LINE_BOUND)
                                    .maxNumberLength(NUMBER_BOUND)
                                    .build())
                    .build();

    private WireJson() {}
}
