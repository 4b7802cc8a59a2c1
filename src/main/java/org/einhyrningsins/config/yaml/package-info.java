// SPDX-License-Identifier: GPL-3.0-or-later
@NullMarked
package org.einhyrningsins.config.yaml;

import org.jspecify.annotations.NullMarked;
