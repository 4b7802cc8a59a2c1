// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture.fallen.config.source;

import org.einhyrningsins.architecture.fallen.config.read.Reader;

/// Looks up, to a higher floor of the same room.
public class Text {
    Reader above = new Reader();
}
