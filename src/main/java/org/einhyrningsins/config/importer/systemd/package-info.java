// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.config.importer.systemd;

import org.jspecify.annotations.NullMarked;
