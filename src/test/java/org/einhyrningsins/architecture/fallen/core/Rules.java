// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.core;

import org.einhyrningsins.architecture.fallen.config.Yaml;
import org.einhyrningsins.architecture.fallen.manager.Loop;

import java.nio.file.Path;

/// Looks upstairs and across, and reads and writes files.
public class Rules {
    Loop upstairs = new Loop();
    Yaml across = new Yaml();
    Path file = Path.of("/");
}
