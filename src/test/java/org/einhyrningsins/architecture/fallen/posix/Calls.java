// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.posix;

import com.fasterxml.jackson.core.JsonFactory;

import org.einhyrningsins.architecture.fallen.core.Rules;
import org.jline.reader.LineReader;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine;

/// Looks across, into core; and has YAML, picocli, JLine and Jackson in the wrong room.
public class Calls {
    @Nullable Rules across;
    org.yaml.snakeyaml.@Nullable Yaml yaml;
    @Nullable CommandLine commands;
    @Nullable LineReader editor;
    @Nullable JsonFactory json;
}
