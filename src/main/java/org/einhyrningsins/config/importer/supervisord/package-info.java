// SPDX-License-Identifier: GPL-3.0-or-later
/// Imports a supervisord.conf and a circus.ini.
@NullMarked
package org.einhyrningsins.config.importer.supervisord;

import org.jspecify.annotations.NullMarked;
