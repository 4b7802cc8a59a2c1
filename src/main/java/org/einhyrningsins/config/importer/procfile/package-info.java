// SPDX-License-Identifier: GPL-3.0-or-later
/// Imports lists of processes: a Procfile, compose.yaml, process-compose.yaml, and pm2's ecosystem
/// files.
@NullMarked
package org.einhyrningsins.config.importer.procfile;

import org.jspecify.annotations.NullMarked;
