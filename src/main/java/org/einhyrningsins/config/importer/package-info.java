// SPDX-License-Identifier: GPL-3.0-or-later
/// Shared parts of all importers: files of other managers in, a configuration file out.
///
/// An importer takes settings out of a [ForeignSection] or a [ForeignMap]; what nobody took gets a
/// comment ([ImportRemarks]), so that nothing is lost in silence. [ImportedServices] and
/// [ImportedProgram] are the file that is written. [IniText] and [UnitText] read the two kinds of
/// files that are made of sections.
@NullMarked
package org.einhyrningsins.config.importer;

import org.jspecify.annotations.NullMarked;
