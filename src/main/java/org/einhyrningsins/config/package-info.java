// SPDX-License-Identifier: GPL-3.0-or-later

/// From the user's YAML file to a [org.einhyrningsins.spec.manager.ServicesSpec], or to every
/// problem at once.
///
/// [org.einhyrningsins.config.read.ConfigLoader] is the entry point. A file goes through three
/// steps. `YamlTree` makes it a tree of [org.einhyrningsins.config.source.ConfigNode]s: SnakeYAML
/// does the scanning and parsing, but no value is resolved by it, so a scalar is what the user
/// wrote (`no`, `022`, `1:30` stay text until somebody knows what they should be). Every node knows
/// its [org.einhyrningsins.config.source.SourcePosition]: file, line, column and the path of keys
/// to it. Where SnakeYAML stops, `YamlRecovery` names the mistake (`YamlMistakes`,
/// `OddCharacterLines`), covers it (`PatchedText`) and reads again, so that the rest is told of
/// too; of a line that was covered nothing more is said. Then the readers walk the tree, one reader
/// for each kind of map; which keys a map may hold is said in
/// [org.einhyrningsins.config.source.ConfigShape]. A reader never stops at a problem: it reports
/// it, goes on with a default, and the value made so is thrown away in the end. What is finer than
/// a node (a time, an address, a shell-like command) is parsed by small parsers that know no places
/// and throw [org.einhyrningsins.config.source.ValueException]. What lies beyond single values,
/// such as two sockets at one address or a file that is missing, is looked at in `config.check`.
///
/// `config.print` goes the other way: from a definition to ordered keys and values, which `print`
/// writes and `plan` compares.
///
/// The room asks the machine for what [org.einhyrningsins.config.value.LoadEnvironment] gives it,
/// for files that the configuration names, and for the addresses of host names; it changes nothing.
///
/// [Importer] is a second entry point, of which the manager's way through the first one loads
/// nothing. Files of another manager become sections of settings
/// ([org.einhyrningsins.config.importer.IniText] and [org.einhyrningsins.config.importer.UnitText],
/// or the lines of a Procfile) or maps ([org.einhyrningsins.config.importer.ForeignMap]); one
/// reader for each kind takes out of them what it understands and writes a
/// [org.einhyrningsins.config.importer.ImportedProgram]; what nobody took gets a comment, so that
/// nothing can be lost in silence. [org.einhyrningsins.config.value.ImportComments] groups the
/// comments by what became of a setting, and those that mean a change are counted.
@NullMarked
package org.einhyrningsins.config;

import org.jspecify.annotations.NullMarked;
