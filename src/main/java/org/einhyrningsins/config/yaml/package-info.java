// SPDX-License-Identifier: GPL-3.0-or-later
/// From text to a tree of `source.ConfigNode`s, and what is said of text that is no YAML.
///
/// [YamlTree] lets SnakeYAML scan and parse. Where that stops, [YamlRecovery] names the mistake
/// ([YamlMistakes], [BracketMistakes], [IndentationMistakes], [OddCharacterLines]), covers it and
/// reads again, so that the rest is told of too.
@NullMarked
package org.einhyrningsins.config.yaml;

import org.jspecify.annotations.NullMarked;
