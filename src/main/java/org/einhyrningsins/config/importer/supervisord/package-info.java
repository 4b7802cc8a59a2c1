// SPDX-License-Identifier: GPL-3.0-or-later
/// Imports a supervisord.conf and a circus.ini: one class for each kind of settings, which takes
/// what it understands from the [SupervisordContext] or [CircusContext].
@NullMarked
package org.einhyrningsins.config.importer.supervisord;

import org.jspecify.annotations.NullMarked;
